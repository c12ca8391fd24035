// Package reason formats errors: a sentinel with the reason, and lists of ids.
package reason

import (
	"fmt"
	"strings"
)

// For returns an error that wraps a sentinel and says why it applies; without a sentinel
// it says only that. Fields of options and queries are written {EfSearch} in the format:
// see Named.
func For(sentinel error, format string, args ...any) error {
	if false {
		_ = fmt.Sprintf(format, args...) // so that go vet checks the calls
	}
	return &named{err: sentinel, format: format, args: args}
}

// Within returns an error that says where in the query or the options another one is.
func Within(err error, format string, args ...any) error {
	if false {
		_ = fmt.Sprintf(format, args...)
	}
	return &named{err: err, format: format, args: args, first: true}
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
