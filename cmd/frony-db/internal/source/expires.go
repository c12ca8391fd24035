package source

import (
	"fmt"
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

// parseExpires parses a time; local is the zone of one that names none. Without it such
// a time is refused: what expires is deleted, so that this is no place to guess.
func parseExpires(s string, local *time.Location) (time.Time, error) {
	t, ok := filter.ParseTime(s, local)
	if !ok || t.IsZero() { // the zero time would mean never
		return time.Time{}, fmt.Errorf("must be a time such as 2031-02-03T04:05:06Z, not %q", clip(s))
	}
	if local == nil && zoneless(s) {
		return time.Time{}, fmt.Errorf("must name its zone, unless --timezone does: %q", clip(s))
	}
	return t.UTC().Truncate(time.Microsecond), nil
}
