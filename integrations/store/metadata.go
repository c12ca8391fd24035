package store

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db"
)

// What can't be a field as it is, is kept as JSON in the field rest. Names that begin
// with reserved are ours. Python's stores write the same form (_metadata.py).
const (
	rest     = "_frony_json"
	reserved = "_frony_"
)

// pack returns the fields of a document with this metadata.
func pack(metadata map[string]any) (db.Metadata, error) {
	if len(metadata) == 0 {
		return nil, nil
	}
	plain, other := db.Metadata{}, map[string]any{}
	for name, given := range metadata {
		value, err := native(given)
		if err != nil {
			return nil, fmt.Errorf("metadata: %s: %w", name, err)
		}
		if isPlain(value) && name != "" && !strings.HasPrefix(name, reserved) {
			plain[name] = value
		} else {
			other[name] = value
		}
	}
	fields := db.Metadata{}
	maps.Insert(fields, derived(other))
	for name := range fields {
		// A name may itself have a dot: {"a.b": 1, "a": {"b": 2}}.
		if value, ok := plain[name]; ok {
			other[name] = value
		}
	}
	if len(other) > 0 {
		text, err := json.Marshal(other)
		if err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
		fields[rest] = string(text)
	}
	maps.Copy(fields, plain)
	return fields, nil
}

// unpack returns what pack was given, never nil.
func unpack(fields db.Metadata) (map[string]any, error) {
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		if !strings.HasPrefix(name, reserved) {
			out[name] = value
		}
	}
	text, _ := fields[rest].(string)
	if text == "" {
		return out, nil
	}
	decoded, err := decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("metadata: %s: %w", rest, err)
	}
	other, ok := decoded.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("metadata: %s is no object", rest)
	}
	for name := range derived(other) {
		delete(out, name)
	}
	maps.Copy(out, other)
	return out, nil
}

// native returns a value in the types of JSON: nil, string, bool, int64, float64, []any and
// map[string]any. What says itself how it is written, as a time does, is a string or what
// else that is.
func native(v any) (any, error) {
	switch v.(type) {
	case nil, string, bool, int64, float64:
		return v, nil
	case json.Marshaler, encoding.TextMarshaler, []byte:
		return viaJSON(v)
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return r.String(), nil
	case reflect.Bool:
		return r.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(r.Uint()), nil // 32 bits at most
	case reflect.Float32, reflect.Float64:
		return r.Float(), nil
	case reflect.Slice, reflect.Array:
		list := make([]any, r.Len())
		for i := range list {
			var err error
			if list[i], err = native(r.Index(i).Interface()); err != nil {
				return nil, err
			}
		}
		return list, nil
	case reflect.Map:
		return nativeMap(r)
	default:
		return viaJSON(v)
	}
}

func nativeMap(r reflect.Value) (any, error) {
	if r.Type().Key().Kind() != reflect.String {
		return viaJSON(r.Interface())
	}
	m := make(map[string]any, r.Len())
	for it := r.MapRange(); it.Next(); {
		value, err := native(it.Value().Interface())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", it.Key().String(), err)
		}
		m[it.Key().String()] = value
	}
	return m, nil
}

func viaJSON(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decode(text)
}

func decode(text []byte) (any, error) {
	var out any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	return numbers(out), nil
}

// numbers replaces json.Number in a value.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String() // too large for any number
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = numbers(v[name])
		}
	}
	return v
}

// isPlain reports whether frony-db stores the value and returns it as it is.
func isPlain(v any) bool {
	switch v := v.(type) {
	case string, bool, int64:
		return true
	case float64:
		return !math.IsInf(v, 0) && !math.IsNaN(v)
	case []any:
		// An empty list would have no field, and one of integers and others lose the difference.
		return len(v) > 0 && !slices.ContainsFunc(v, func(e any) bool {
			_, isBool := e.(bool)
			return isBool || !isScalar(e) || reflect.TypeOf(e) != reflect.TypeOf(v[0])
		})
	}
	return false
}

func isScalar(v any) bool {
	switch v.(type) {
	case string, bool, int64, float64:
		return true
	}
	return false
}

// derived are the fields by which filters reach into what is kept as JSON.
func derived(other map[string]any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(other)) {
			if !fieldsOf(name, other[name], yield) {
				return
			}
		}
	}
}

func fieldsOf(name string, value any, yield func(string, any) bool) bool {
	if name == "" || strings.HasPrefix(name, reserved) {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			inner := value[key]
			if isPlain(inner) && !yield(name+"."+key, inner) {
				return false
			}
			if !isPlain(inner) && !fieldsOf(name+"."+key, inner, yield) {
				return false
			}
		}
	case []any:
		if len(value) == 0 || slices.ContainsFunc(value, func(v any) bool { return !isScalar(v) }) {
			return true
		}
		words := make([]string, len(value))
		for i, v := range value {
			words[i] = word(v)
		}
		return yield(name, words)
	}
	return true
}

// word is an element of a list of several types.
func word(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, _ := json.Marshal(v) // a number or a bool
	return string(text)
}
