package filter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MarshalJSON writes e as JSON:
//
//	{"and": [e, …]}    {"or": [e, …]}    {"not": e}    true    false
//	{"field": "lang", "op": "=", "value": "ko"}
//	{"field": "tag", "op": "IN", "value": ["a", "b"]}
//	{"field": "year", "op": "EXISTS"}
//
// Times are written as strings, as they are in the language; whole numbers in
// full. An expression that Validate refuses as ErrValue is an error.
func (e Expr) MarshalJSON() ([]byte, error) {
	if e.n != nil && e.n.invalid {
		return nil, e.Validate(Limits{})
	}
	return json.Marshal(e.tree())
}

type conditionJSON struct {
	Field string `json:"field"`
	Op    string `json:"op"`
	Value any    `json:"value,omitempty"`
}

// tree is e in types encoding/json knows.
func (e Expr) tree() any {
	switch e.Kind() {
	case KindAll:
		return true
	case KindNone:
		return false
	case KindNot:
		return map[string]any{"not": e.n.args[0].tree()}
	case KindCondition:
		c := e.n.cond
		out := conditionJSON{Field: c.Field, Op: c.Op.String()}
		values := make([]any, len(c.Values))
		for i, v := range c.Values {
			if values[i] = v.Any(); v.typ == TypeTime {
				values[i] = v.text
			}
		}
		switch {
		case c.Op == OpIn:
			out.Value = values
		case len(values) == 1:
			out.Value = values[0]
		}
		return out
	default:
		parts := make([]any, len(e.n.args))
		for i, a := range e.n.args {
			parts[i] = a.tree()
		}
		if e.Kind() == KindOr {
			return map[string]any{"or": parts}
		}
		return map[string]any{"and": parts}
	}
}

// UnmarshalJSON reads what MarshalJSON writes, within the default Limits. A
// JSON string is read as the language: "lang = \"ko\"". Errors name the place
// and wrap ErrSyntax, ErrLimit or ErrValue.
func (e *Expr) UnmarshalJSON(data []byte) error {
	got, err := Limits{}.ParseJSON(data)
	if err == nil {
		*e = got
	}
	return err
}

// ParseJSON is UnmarshalJSON with other limits.
func (l Limits) ParseJSON(data []byte) (Expr, error) {
	l = l.withDefaults()
	if len(data) > l.MaxLength {
		return Expr{}, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(data), l.MaxLength)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // keeps int64 exact
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return Expr{}, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	if dec.More() {
		return Expr{}, fmt.Errorf("%w: something follows the JSON value", ErrSyntax)
	}
	e, err := l.fromTree(tree, "filter", 1)
	if err != nil {
		return Expr{}, err
	}
	return e, e.Validate(l)
}

// fromTree builds the expression at a path such as filter.and[1].not.
func (l Limits) fromTree(tree any, path string, depth int) (Expr, error) {
	if depth > l.MaxDepth {
		return Expr{}, fmt.Errorf("%w: nested more than %d deep", ErrLimit, l.MaxDepth)
	}
	switch t := tree.(type) {
	case bool:
		if t {
			return All(), nil
		}
		return None(), nil
	case string:
		e, err := l.Parse(t)
		if err != nil {
			return Expr{}, fmt.Errorf("%s: %w", path, err)
		}
		return e, nil
	case map[string]any:
		if _, ok := t["field"]; ok {
			return l.conditionFrom(t, path)
		}
		if len(t) != 1 {
			break
		}
		for key, v := range t {
			return l.joinFrom(key, v, path+"."+key, depth)
		}
	}
	return Expr{}, fmt.Errorf("%w: %s: want an object with one of and, or, not, or with field, op and value", ErrSyntax, path)
}

func (l Limits) joinFrom(key string, v any, path string, depth int) (Expr, error) {
	if key == "not" {
		e, err := l.fromTree(v, path, depth+1)
		return Not(e), err
	}
	if key != "and" && key != "or" {
		return Expr{}, fmt.Errorf("%w: %s: unknown key, want and, or, not, or field", ErrSyntax, path)
	}
	list, ok := v.([]any)
	if !ok {
		return Expr{}, fmt.Errorf("%w: %s: want a list of expressions", ErrSyntax, path)
	}
	if len(list) > l.MaxConditions {
		return Expr{}, fmt.Errorf("%w: %s: %d parts, at most %d", ErrLimit, path, len(list), l.MaxConditions)
	}
	parts := make([]Expr, len(list))
	for i, x := range list {
		var err error
		if parts[i], err = l.fromTree(x, fmt.Sprintf("%s[%d]", path, i), depth+1); err != nil {
			return Expr{}, err
		}
	}
	if key == "and" {
		return And(parts...), nil
	}
	return Or(parts...), nil
}

func (l Limits) conditionFrom(t map[string]any, path string) (Expr, error) {
	field, ok := t["field"].(string)
	if !ok {
		return Expr{}, fmt.Errorf("%w: %s.field: want a string", ErrSyntax, path)
	}
	name, ok := t["op"].(string)
	if !ok {
		return Expr{}, fmt.Errorf("%w: %s.op: want a string, one of %s", ErrSyntax, path, strings.Join(opNames[1:], " "))
	}
	op := Op(max(0, slices.IndexFunc(opNames[:], func(s string) bool { return s != "" && strings.EqualFold(s, name) })))
	if op == 0 {
		return Expr{}, fmt.Errorf("%w: %s.op: unknown operator %q, want one of %s", ErrSyntax, path, name, strings.Join(opNames[1:], " "))
	}
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if key != "field" && key != "op" && key != "value" {
			return Expr{}, fmt.Errorf("%w: %s.%s: unknown key, want field, op and value", ErrSyntax, path, key)
		}
	}

	value, present := t["value"]
	var values []any
	switch list, isList := value.([]any); {
	case op == OpExists && present:
		return Expr{}, fmt.Errorf("%w: %s.value: EXISTS takes none", ErrSyntax, path)
	case op == OpExists:
	case op == OpIn && !isList:
		return Expr{}, fmt.Errorf("%w: %s.value: IN takes a list", ErrSyntax, path)
	case op == OpIn && len(list) > l.MaxValues:
		return Expr{}, fmt.Errorf("%w: %s.value: %d values, at most %d", ErrLimit, path, len(list), l.MaxValues)
	case op == OpIn:
		values = list
	case !present:
		return Expr{}, fmt.Errorf("%w: %s.value is missing", ErrSyntax, path)
	default:
		values = []any{value}
	}
	e := compare(field, op, values...)
	if e.n.err != nil {
		return Expr{}, fmt.Errorf("%s: %w", path, e.n.err)
	}
	return e, nil
}
