package filter

import (
	"cmp"
	"fmt"
)

// Limits restrict the size of filters from untrusted sources. Zero fields mean the defaults,
// and negative ones allow nothing.
type Limits struct {
	MaxLength     int // bytes of text or JSON; default 4 MiB
	MaxDepth      int // nesting of AND, OR, NOT and parentheses; default 32
	MaxConditions int // conditions in all; default 1,000
	MaxValues     int // values of one IN; default 10,000
}

// withDefaults returns a copy with the defaults filled in.
func (l Limits) withDefaults() Limits {
	return Limits{
		MaxLength:     cmp.Or(l.MaxLength, 4<<20),
		MaxDepth:      cmp.Or(l.MaxDepth, 32),
		MaxConditions: cmp.Or(l.MaxConditions, 1_000),
		MaxValues:     cmp.Or(l.MaxValues, 10_000),
	}
}

// Validate returns what is wrong with an expression made by constructors: the first value
// that cannot be compared (ErrValue), or the first limit exceeded (ErrLimit). The result of
// Parse is valid under the limits that it was parsed with.
func (e Expr) Validate(l Limits) error {
	if e.n == nil {
		return nil
	}
	if e.n.invalid {
		var err error
		e.conditions(func(n *node) bool {
			err = n.err
			return err == nil
		})
		return err
	}
	l = l.withDefaults()
	switch n := e.n; {
	case n.depth > l.MaxDepth:
		return fmt.Errorf("%w: nested %d deep, at most %d", ErrLimit, n.depth, l.MaxDepth)
	case n.conditions > l.MaxConditions:
		return fmt.Errorf("%w: %d conditions, at most %d", ErrLimit, n.conditions, l.MaxConditions)
	case n.largest > l.MaxValues:
		return fmt.Errorf("%w: %d values in one IN, at most %d", ErrLimit, n.largest, l.MaxValues)
	}
	return nil
}
