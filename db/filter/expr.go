package filter

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/fronyai/frony-db/internal/nfc"
)

// Expr is a condition on a document's metadata. It is immutable; the zero value
// matches everything.
//
// Constructors accept any value and never fail. An argument that cannot be compared makes
// the expression invalid: it matches nothing, and Validate says why.
type Expr struct{ n *node } // nil n: matches everything

// A node is one part of an expression. Its counts include the parts below.
type node struct {
	kind Kind
	args []Expr         // of And, Or, Not
	cond Condition      // of KindCondition
	set  func() []Value // of a long IN: its values, sorted
	like pattern        // of LIKE and ILIKE
	err  error          // of KindCondition: why it is invalid

	invalid    bool // this part or one below it
	depth      int  // 1 for a condition
	conditions int
	largest    int // the most values of one IN
}

// matchNone is the constant FALSE.
var matchNone = Expr{&node{kind: KindNone, depth: 1}}

// All matches every document, as the zero Expr does.
func All() Expr { return Expr{} }

// None matches no document.
func None() Expr { return matchNone }

// Eq holds where the field has this value.
func Eq(field string, value any) Expr { return compare(field, OpEq, value) }

// Ne holds where Eq does not, which includes documents without the field.
func Ne(field string, value any) Expr { return compare(field, OpNe, value) }

// Lt holds where the field is less than the value.
func Lt(field string, value any) Expr { return compare(field, OpLt, value) }

// Le holds where the field is at most the value.
func Le(field string, value any) Expr { return compare(field, OpLe, value) }

// Gt holds where the field is greater than the value.
func Gt(field string, value any) Expr { return compare(field, OpGt, value) }

// Ge holds where the field is at least the value.
func Ge(field string, value any) Expr { return compare(field, OpGe, value) }

// In holds where the field has one of the values; with none it never holds.
func In(field string, values ...any) Expr { return compare(field, OpIn, values...) }

// Contains holds where the field is a list with this string or number in it.
func Contains(field string, value any) Expr { return compare(field, OpContains, value) }

// StartsWith holds where the field is a string that begins with this one.
func StartsWith(field, prefix string) Expr { return compare(field, OpStartsWith, prefix) }

// Like holds where the field is a string of the pattern's form: % stands for any
// text, _ for one character, and \ before one of these, or before itself, takes its
// meaning away. Escape does so for a text that is to be found as it is.
func Like(field, pattern string) Expr { return compare(field, OpLike, pattern) }

// ILike is Like without regard to case.
func ILike(field, pattern string) Expr { return compare(field, OpILike, pattern) }

// Exists holds where the document has the field, whatever its value.
func Exists(field string) Expr { return compare(field, OpExists) }

// And holds where all of the expressions hold; And() matches everything. Several != on
// one field become one NOT IN.
func And(exprs ...Expr) Expr { return join(KindAnd, KindAll, KindNone, exprs) }

// Or holds where one of the expressions holds; Or() matches nothing. Several = and IN on
// one field become one IN.
func Or(exprs ...Expr) Expr { return join(KindOr, KindNone, KindAll, exprs) }

// Not holds where the expression does not.
func Not(e Expr) Expr {
	switch e.Kind() {
	case KindAll:
		return None()
	case KindNone:
		return All()
	case KindNot:
		return e.n.args[0]
	default:
		n := &node{kind: KindNot}
		n.add(e)
		return Expr{n}
	}
}

// compare makes a condition and checks it.
func compare(field string, op Op, values ...any) Expr {
	list := make([]Value, 0, len(values))
	var fault error
	switch {
	case field == "":
		fault = fmt.Errorf("%w: the field has no name", ErrValue)
	case !utf8.ValidString(field):
		fault = fmt.Errorf("%w: the field name %q is not valid UTF-8", ErrValue, field)
	}
	for _, x := range values {
		v, err := ValueOf(x)
		if err == nil {
			err = op.accepts(v)
		}
		if err != nil && fault == nil {
			fault = fmt.Errorf("%w (field %q)", err, field)
		}
		list = append(list, v)
	}
	return condition(field, op, list, fault)
}

// condition makes a condition of checked values.
func condition(field string, op Op, values []Value, fault error) Expr {
	n := &node{
		kind:       KindCondition,
		cond:       Condition{Field: nfc.Compose(field), Op: op, Values: values},
		err:        fault,
		depth:      1,
		conditions: 1,
		largest:    len(values),
	}
	if (op == OpLike || op == OpILike) && fault == nil {
		var err error
		if n.like, err = compile(values[0].text, op == OpILike); err != nil {
			n.err = fmt.Errorf("%w (field %q)", err, field)
		}
	}
	n.invalid = n.err != nil
	if len(values) > scanAtMost && !n.invalid {
		n.set = sync.OnceValue(func() []Value { // the columns of a database do without
			set := slices.Clone(values)
			slices.SortFunc(set, Value.order)
			return set
		})
	}
	return Expr{n}
}

// join makes an AND or an OR. It flattens nested ones, drops neutral constants, and returns
// a constant if one of the parts decides the result.
func join(kind, neutral, absorbing Kind, exprs []Expr) Expr {
	n, absorbed := &node{kind: kind}, false
	for _, e := range exprs {
		switch e.Kind() {
		case neutral:
		case absorbing:
			absorbed = true
		case kind:
			n.add(e.n.args...)
		default:
			n.add(e)
		}
	}
	n = n.fold()
	switch {
	case absorbed && !n.invalid: // an invalid part must not disappear
		return constant(absorbing)
	case len(n.args) == 0:
		return constant(neutral)
	case len(n.args) == 1:
		return n.args[0]
	}
	return Expr{n}
}

func constant(k Kind) Expr {
	if k == KindAll {
		return All()
	}
	return None()
}

// add appends parts below n and updates the counts.
func (n *node) add(exprs ...Expr) {
	for _, e := range exprs {
		n.args = append(n.args, e)
		n.invalid = n.invalid || e.n.invalid
		n.depth = max(n.depth, e.n.depth+1)
		n.conditions += e.n.conditions
		n.largest = max(n.largest, e.n.largest)
	}
}
