package filter

import (
	"fmt"
	"slices"
)

// Kind is the kind of an expression.
type Kind uint8

// The kinds of expressions. KindAll and KindNone are constants, and appear only as a whole
// expression, never as a part.
const (
	KindAll       Kind = iota // matches everything: the zero Expr
	KindNone                  // matches nothing
	KindAnd                   // all of Args, at least two, none of them an AND
	KindOr                    // one of Args, at least two, none of them an OR
	KindNot                   // not Args[0], which is not a NOT
	KindCondition             // Condition
)

// Op is the operator of a condition.
type Op uint8

// The operators.
const (
	OpEq         Op = iota + 1 // one value
	OpNe                       // one value; the same as NOT =
	OpLt                       // one value, not a bool
	OpLe                       // one value, not a bool
	OpGt                       // one value, not a bool
	OpGe                       // one value, not a bool
	OpIn                       // any number of values
	OpContains                 // one string or number
	OpExists                   // no value
	OpStartsWith               // one string
	OpLike                     // one pattern
	OpILike                    // one pattern
)

var opNames = [...]string{
	OpEq: "=", OpNe: "!=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=",
	OpIn: "IN", OpContains: "CONTAINS", OpExists: "EXISTS",
	OpStartsWith: "STARTS WITH", OpLike: "LIKE", OpILike: "ILIKE",
}

// String is the operator as the language spells it.
func (op Op) String() string {
	if int(op) < len(opNames) && op > 0 {
		return opNames[op]
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// accepts returns an error for a value that the operator is not defined for.
func (op Op) accepts(v Value) error {
	switch {
	case op.ordered() && v.typ == TypeBool:
		return fmt.Errorf("%w: true and false have no order for %v: use = or !=", ErrValue, op)
	case op == OpContains && v.typ == TypeBool:
		return fmt.Errorf("%w: CONTAINS looks for a string or a number, not a %v", ErrValue, v.typ)
	case op.textual() && v.typ != TypeString && v.typ != TypeTime:
		return fmt.Errorf("%w: %v takes a string, not a %v", ErrValue, op, v.typ)
	}
	return nil
}

// textual reports whether the operator compares the text of a string, also of one that
// is a time.
func (op Op) textual() bool { return op == OpStartsWith || op == OpLike || op == OpILike }

func (op Op) ordered() bool { return op >= OpLt && op <= OpGe }

// A Condition compares one field. Values belongs to the expression and must not be
// modified.
type Condition struct {
	Field  string
	Op     Op
	Values []Value
}

// Kind returns the kind of e.
func (e Expr) Kind() Kind {
	if e.n == nil {
		return KindAll
	}
	return e.n.kind
}

// Args returns a copy of the parts of an AND, OR or NOT, and nil for other kinds.
func (e Expr) Args() []Expr {
	if e.n == nil {
		return nil
	}
	return slices.Clone(e.n.args)
}

// Condition returns the condition of a KindCondition, and the zero Condition
// for other kinds.
func (e Expr) Condition() Condition {
	if e.n == nil {
		return Condition{}
	}
	return e.n.cond
}

// Fields returns the names of the fields in e, sorted, each once.
func (e Expr) Fields() []string {
	var names []string
	e.conditions(func(n *node) bool {
		names = append(names, n.cond.Field)
		return true
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// AsText is a condition whose strings are compared as text, also those that look like
// times: ids are.
func (e Expr) AsText() Expr {
	if e.Kind() != KindCondition || !slices.ContainsFunc(e.n.cond.Values, func(v Value) bool { return v.typ == TypeTime }) {
		return e
	}
	values := slices.Clone(e.n.cond.Values)
	for i := range values {
		if values[i].typ == TypeTime {
			values[i] = Value{typ: TypeString, text: values[i].text}
		}
	}
	return condition(e.n.cond.Field, e.n.cond.Op, values, e.n.err)
}

// conditions visits every condition, left to right, until visit returns false.
func (e Expr) conditions(visit func(*node) bool) bool {
	if e.n == nil {
		return true
	}
	if e.n.kind == KindCondition {
		return visit(e.n)
	}
	for _, a := range e.n.args {
		if !a.conditions(visit) {
			return false
		}
	}
	return true
}
