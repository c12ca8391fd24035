// Package reason formats errors: a sentinel with the reason, and lists of ids.
package reason

import (
	"fmt"
	"strings"
)

// For returns an error that wraps a sentinel and says why it applies.
func For(sentinel error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", sentinel, fmt.Sprintf(format, args...))
}

const (
	idsShown  = 5
	idsLength = 80 // bytes shown of each
)

// IDs lists the first few ids, quoted and shortened.
func IDs(ids ...string) string {
	var b strings.Builder
	for i, id := range ids[:min(len(ids), idsShown)] {
		if i > 0 {
			b.WriteString(", ")
		}
		if len(id) > idsLength {
			id = id[:idsLength] + "…"
		}
		fmt.Fprintf(&b, "%q", id)
	}
	if len(ids) > idsShown {
		fmt.Fprintf(&b, " and %d more", len(ids)-idsShown)
	}
	return b.String()
}
