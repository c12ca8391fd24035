package evaluate

import (
	"slices"

	"github.com/fronyai/frony-db/db/filter"
)

// Split divides a filter into what an engine can say exactly and the rest: both must
// hold. sayable is about a condition on the field that its name means.
func Split(e filter.Expr, named bool, sayable func(c filter.Condition, field string) bool) (in, rest filter.Expr) {
	if all(e, named, sayable) {
		return e, filter.All()
	}
	if e.Kind() != filter.KindAnd {
		return filter.All(), e
	}
	for _, a := range e.Args() {
		if all(a, named, sayable) {
			in = filter.And(in, a)
		} else {
			rest = filter.And(rest, a)
		}
	}
	return in, rest
}

// Ordered reports whether a condition on a field says no more than how values compare,
// as they lie in order; parts of strings, and the order of ids, are more.
func Ordered(c filter.Condition, field string) bool {
	switch c.Op {
	case filter.OpStartsWith, filter.OpLike, filter.OpILike:
		return false
	case filter.OpEq, filter.OpNe, filter.OpIn, filter.OpExists:
		return true
	default:
		return field != filter.FieldID
	}
}

// all reports whether every condition of a filter is sayable.
func all(e filter.Expr, named bool, sayable func(filter.Condition, string) bool) bool {
	if e.Kind() == filter.KindCondition {
		c := e.Condition()
		return sayable(c, Meant(c.Field, named))
	}
	return !slices.ContainsFunc(e.Args(), func(a filter.Expr) bool { return !all(a, named, sayable) })
}

// Meant is the field that a name means: id is the id of a document unless one has
// metadata of that name, which named says.
func Meant(name string, named bool) string {
	if name == "id" && !named {
		return filter.FieldID
	}
	return name
}
