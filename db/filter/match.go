package filter

import (
	"slices"
	"strings"

	"github.com/fronyai/frony-db/internal/nfc"
)

// scanAtMost is the longest IN that is searched value by value. Longer ones are sorted once
// and searched by bisection.
const scanAtMost = 8

// Match reports whether a document meets e. get returns the value of a field, or false or
// nil if there is none. It is called for the fields needed to decide, in the order in which
// they are written, possibly more than once. Values may be those of ValueOf, []string,
// []int64, []float64, and []any of strings or numbers; any other value exists but equals
// nothing. Fields are asked for by their composed (NFC) names.
//
// An expression for which Validate returns ErrValue matches nothing.
func (e Expr) Match(get func(field string) (any, bool)) bool {
	return e.n == nil || !e.n.invalid && e.n.match(get)
}

// MatchMap is Match for metadata in a map.
func (e Expr) MatchMap(metadata map[string]any) bool {
	return e.Match(func(field string) (any, bool) {
		v, ok := metadata[field]
		for _, other := range nfc.Others(field) {
			if !ok {
				v, ok = metadata[other]
			}
		}
		return v, ok
	})
}

func (n *node) match(get func(string) (any, bool)) bool {
	switch n.kind {
	case KindAnd:
		for _, a := range n.args {
			if !a.n.match(get) {
				return false
			}
		}
		return true
	case KindOr:
		for _, a := range n.args {
			if a.n.match(get) {
				return true
			}
		}
		return false
	case KindNot:
		return !n.args[0].n.match(get)
	case KindCondition:
		x, ok := get(n.cond.Field)
		return n.holds(x, ok && x != nil)
	default:
		return n.kind == KindAll
	}
}

// holds evaluates the condition for the value of its field.
func (n *node) holds(x any, present bool) bool {
	op, values := n.cond.Op, n.cond.Values
	switch {
	case op == OpNe:
		return !present || !equals(classify(x), values[0])
	case !present:
		return false
	case op == OpExists:
		return true
	case op == OpContains:
		return contains(x, values[0])
	}

	v := classify(x)
	if op.textual() {
		return (v.typ == TypeString || v.typ == TypeTime) && n.matchText(v.text)
	}
	if op == OpIn {
		if n.set != nil {
			_, found := slices.BinarySearchFunc(n.set(), v, Value.order)
			return found
		}
		return slices.ContainsFunc(values, func(w Value) bool { return equals(v, w) })
	}

	c, ok := v.Compare(values[0])
	if !ok {
		return false
	}
	switch op {
	case OpEq:
		return c == 0
	case OpLt:
		return c < 0
	case OpLe:
		return c <= 0
	case OpGt:
		return c > 0
	case OpGe:
		return c >= 0
	default:
		return false
	}
}

func equals(v, w Value) bool {
	c, ok := v.Compare(w)
	return ok && c == 0
}

// matchText evaluates the operators that look at the text of a string.
func (n *node) matchText(s string) bool {
	if n.cond.Op == OpStartsWith {
		return strings.HasPrefix(s, n.cond.Values[0].text)
	}
	return n.like.match(s)
}

// contains reports whether a list has a string or a number.
func contains(list any, v Value) bool {
	switch list := list.(type) {
	case []string:
		return v.typ != TypeNumber && slices.ContainsFunc(list, func(s string) bool { return nfc.Equal(s, v.text) })
	case []int64:
		return slices.ContainsFunc(list, func(i int64) bool { return equals(ofInt(i), v) })
	case []float64:
		return slices.ContainsFunc(list, func(f float64) bool { return equals(ofFloat(f), v) })
	case []any:
		return slices.ContainsFunc(list, func(x any) bool {
			if s, ok := x.(string); ok {
				return v.typ != TypeNumber && nfc.Equal(s, v.text)
			}
			return v.typ == TypeNumber && equals(classify(x), v)
		})
	}
	return false
}
