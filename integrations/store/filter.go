package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
)

// ErrFilter is returned for a filter that can't be read.
var ErrFilter = errors.New("store: invalid filter")

// ParseFilter reads a filter in any of these forms:
//
//	nil                                             everything
//	filter.Expr                                     as it is
//	string                                          frony-db's language: lang = "ko" AND year >= 2020
//	json.RawMessage                                 a string, or one of the following
//	map[string]any                                  {"lang": "ko", "year": {"$gte": 2020}}: all of it holds
//	{"field": …, "op": …, "value": …}, {"and": …}   frony-db's JSON
//
// The operators of maps are $eq $ne $gt $gte $lt $lte $in $nin $contains
// $not_contains $like $ilike $exists $between $not, and $and $or $not around
// maps. {"a": nil} holds where there is no a. Nothing is approximated: what can't be
// translated is ErrFilter.
func ParseFilter(f any) (filter.Expr, error) {
	switch f := f.(type) {
	case nil:
		return filter.All(), nil
	case filter.Expr:
		return f, wrap(f.Validate(filter.Limits{}))
	case *filter.Expr:
		if f == nil {
			return filter.All(), nil
		}
		return *f, wrap(f.Validate(filter.Limits{}))
	case string:
		if strings.TrimSpace(f) == "" {
			return filter.All(), nil
		}
		e, err := filter.Parse(f)
		return e, wrap(err)
	case json.RawMessage:
		return parseJSON(f)
	}
	m, ok := asMap(f)
	if !ok {
		return filter.None(), fmt.Errorf("%w: %T; want a filter.Expr, a string or a map", ErrFilter, f)
	}
	if isOurs(m) {
		text, err := json.Marshal(m)
		if err != nil {
			return filter.None(), wrap(err)
		}
		var e filter.Expr
		return e, wrap(e.UnmarshalJSON(text))
	}
	e, err := all(m)
	if err != nil {
		return filter.None(), err
	}
	return e, wrap(e.Validate(filter.Limits{}))
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrFilter, err)
}

func parseJSON(text []byte) (filter.Expr, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return filter.None(), wrap(err)
	}
	return ParseFilter(numbers(v))
}

// isOurs reports whether a map is frony-db's JSON.
func isOurs(m map[string]any) bool {
	_, field := m["field"]
	_, op := m["op"]
	if field && op {
		return true
	}
	for _, name := range []string{"and", "or", "not"} {
		if _, ok := m[name]; ok && len(m) == 1 {
			return true
		}
	}
	return false
}

func all(m map[string]any) (filter.Expr, error) {
	parts := make([]filter.Expr, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		e, err := entry(name, m[name])
		if err != nil {
			return filter.None(), err
		}
		parts = append(parts, e)
	}
	return filter.And(parts...), nil
}

func entry(name string, value any) (filter.Expr, error) {
	switch name {
	case "$and", "$or":
		maps, ok := asList(value)
		if !ok {
			return filter.None(), fmt.Errorf("%w: %s wants a list of filters, not %T", ErrFilter, name, value)
		}
		parts := make([]filter.Expr, len(maps))
		for i, v := range maps {
			var err error
			if parts[i], err = ParseFilter(v); err != nil {
				return filter.None(), err
			}
		}
		if name == "$or" {
			return filter.Or(parts...), nil
		}
		return filter.And(parts...), nil
	case "$not":
		e, err := ParseFilter(value)
		return filter.Not(e), err
	}
	if strings.HasPrefix(name, "$") {
		return filter.None(), fmt.Errorf("%w: unknown operator %s; around filters there are $and, $or and $not", ErrFilter, name)
	}
	if m, ok := asMap(value); ok {
		return operators(name, m)
	}
	if _, ok := asList(value); ok {
		return filter.None(), fmt.Errorf("%w: %s has a list; want a value, or an operator as in {%q: {\"$in\": […]}}", ErrFilter, name, name)
	}
	return operator(name, "$eq", value)
}

func operators(name string, m map[string]any) (filter.Expr, error) {
	if len(m) == 0 {
		return filter.None(), fmt.Errorf("%w: %s has no operator", ErrFilter, name)
	}
	parts := make([]filter.Expr, 0, len(m))
	for _, op := range slices.Sorted(maps.Keys(m)) {
		e, err := operator(name, op, m[op])
		if err != nil {
			return filter.None(), err
		}
		parts = append(parts, e)
	}
	return filter.And(parts...), nil
}

var comparisons = map[string]func(string, any) filter.Expr{
	"$eq": filter.Eq, "$ne": filter.Ne, "$gt": filter.Gt, "$gte": filter.Ge, "$lt": filter.Lt, "$lte": filter.Le,
	"$contains": filter.Contains,
}

// known are the operators of a field.
const known = "$eq $ne $gt $gte $lt $lte $in $nin $contains $not_contains $like $ilike $exists $between $not"

func operator(name, op string, value any) (filter.Expr, error) {
	if value == nil && op == "$eq" {
		return filter.Not(filter.Exists(name)), nil
	}
	if value == nil && op == "$ne" {
		return filter.Exists(name), nil
	}
	if compare, ok := comparisons[op]; ok {
		return compare(name, value), nil
	}
	switch op {
	case "$not_contains":
		return filter.Not(filter.Contains(name, value)), nil
	case "$in", "$nin":
		values, ok := asList(value)
		if !ok {
			break
		}
		if op == "$nin" {
			return filter.Not(filter.In(name, values...)), nil
		}
		return filter.In(name, values...), nil
	case "$between":
		values, ok := asList(value)
		if !ok || len(values) != 2 {
			break
		}
		return filter.And(filter.Ge(name, values[0]), filter.Le(name, values[1])), nil
	case "$like", "$ilike":
		pattern, ok := value.(string)
		if !ok {
			break
		}
		if op == "$like" {
			return filter.Like(name, pattern), nil
		}
		return filter.ILike(name, pattern), nil
	case "$exists":
		exists, ok := value.(bool)
		if !ok {
			break
		}
		if !exists {
			return filter.Not(filter.Exists(name)), nil
		}
		return filter.Exists(name), nil
	case "$not":
		m, ok := asMap(value)
		if !ok {
			break
		}
		e, err := operators(name, m)
		return filter.Not(e), err
	default:
		return filter.None(), fmt.Errorf("%w: %s: unknown operator %s; known are %s", ErrFilter, name, op, known)
	}
	return filter.None(), fmt.Errorf("%w: %s: %s can't have %v (%T)", ErrFilter, name, op, value, value)
}

// asMap reads a map with names, of any type.
func asMap(v any) (map[string]any, bool) {
	if m, ok := v.(map[string]any); ok {
		return m, true
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Map || r.Type().Key().Kind() != reflect.String {
		return nil, false
	}
	m := make(map[string]any, r.Len())
	for it := r.MapRange(); it.Next(); {
		m[it.Key().String()] = it.Value().Interface()
	}
	return m, true
}

// asList reads a list of any type.
func asList(v any) ([]any, bool) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
		return nil, false
	}
	list := make([]any, r.Len())
	for i := range list {
		list[i] = r.Index(i).Interface()
	}
	return list, true
}
