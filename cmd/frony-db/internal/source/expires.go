package source

import (
	"fmt"
	"time"
)

// parseExpires parses an RFC 3339 time.
func parseExpires(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.IsZero() { // the zero time would mean never
		return time.Time{}, fmt.Errorf("must be a time such as 2031-02-03T04:05:06Z, not %q", clip(s))
	}
	return t.UTC().Truncate(time.Microsecond), nil
}
