package db

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Metadata maps field names to values: string, bool, any integer type, float32
// and float64, time.Time, and lists of strings or of numbers. Reads return integers as
// int64 and other numbers as float64, and lists as []string, []int64 or, if any of the
// numbers is no integer, []float64. Values from JSON decoding ([]any, json.Number,
// float64) are accepted too. A nested map[string]any becomes fields with dots between
// the names: {"author": {"name": …}} is author.name. Nil and empty maps are no value.
// The words of the field "tags", a string or a list of them, are searched as those of
// the text are.
type Metadata map[string]any

// maxNesting bounds how deep the objects of metadata may nest.
const maxNesting = 32

// normalise returns m with its values converted to the store's types, under flat names.
// It copies m only if it must change it.
func (m Metadata) normalise(l *Limits) (Metadata, error) {
	if len(m) == 0 {
		return nil, nil
	}
	n := normaliser{limits: l}
	if m.plain() {
		n.out = m
		for name, v := range m {
			if _, err := n.convert(name, v); err != nil {
				return nil, err
			}
		}
	} else {
		n.out = make(Metadata, len(m))
		if err := n.add("", m, 0); err != nil {
			return nil, err
		}
	}
	if len(n.out) > l.MetadataFields {
		return nil, reason.For(ErrInvalidMetadata, "%d fields, at most %d", len(n.out), l.MetadataFields)
	}
	if n.size > l.MetadataBytes {
		return nil, reason.For(ErrInvalidMetadata, "%d bytes, at most %d", n.size, l.MetadataBytes)
	}
	return n.out, nil
}

// plain reports whether all values have types of the store, and no two names are the
// same.
func (m Metadata) plain() bool {
	for name, v := range m {
		switch v.(type) {
		case string, bool, int64, float64:
			if nfc.Others(name) == nil {
				continue
			}
		}
		return false
	}
	return true
}

// normaliser converts metadata.
type normaliser struct {
	limits *Limits
	out    Metadata
	names  map[string]struct{} // composed, of those that are not ASCII
	size   int                 // bytes
}

// add adds the fields of an object whose name is prefix.
func (n *normaliser) add(prefix string, m Metadata, depth int) error {
	if depth > maxNesting {
		return reason.For(ErrInvalidMetadata, "field %q: nested deeper than %d objects", clipped(prefix), maxNesting)
	}
	for name, v := range m {
		if err := checkID(name, n.limits.IDBytes); err != nil {
			return reason.For(ErrInvalidMetadata, "field name %q: %v", clipped(prefix+name), err)
		}
		name = prefix + name
		switch v := v.(type) {
		case nil: // the same as a missing field
			continue
		case map[string]any:
			if err := n.add(name+".", v, depth+1); err != nil {
				return err
			}
			continue
		case Metadata:
			if err := n.add(name+".", v, depth+1); err != nil {
				return err
			}
			continue
		}
		if n.taken(name) {
			return reason.For(ErrInvalidMetadata, "field %q occurs twice, nested or in another Unicode normalisation", name)
		}
		var err error
		if n.out[name], err = n.convert(name, v); err != nil {
			return err
		}
		if len(n.out) > n.limits.MetadataFields {
			return nil // and refused
		}
	}
	return nil
}

// taken notes a name, and reports whether it was noted before.
func (n *normaliser) taken(name string) bool {
	if nfc.Others(name) == nil {
		_, ok := n.out[name]
		return ok
	}
	c := nfc.Compose(name)
	if _, ok := n.names[c]; ok {
		return true
	}
	if n.names == nil {
		n.names = make(map[string]struct{})
	}
	n.names[c] = struct{}{}
	return false
}

// convert converts the value of a field, and adds its size.
func (n *normaliser) convert(name string, v any) (any, error) {
	if err := checkID(name, n.limits.IDBytes); err != nil {
		return nil, reason.For(ErrInvalidMetadata, "field name %q: %v", clipped(name), err)
	}
	out, bytes, err := normaliseValue(v)
	if err != nil {
		return nil, reason.For(ErrInvalidMetadata, "field %q: %v", name, err)
	}
	n.size += len(name) + bytes
	return out, nil
}

// clipped shortens a name that an error quotes.
func clipped(name string) string {
	const most = 80
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}

func normaliseValue(v any) (out any, bytes int, err error) {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return nil, 0, reason.For(errValue, "not UTF-8 at byte %d", invalidAt(v))
		}
		return v, len(v), nil
	case bool:
		return v, 1, nil
	case int:
		return int64(v), 8, nil
	case int8:
		return int64(v), 8, nil
	case int16:
		return int64(v), 8, nil
	case int32:
		return int64(v), 8, nil
	case int64:
		return v, 8, nil
	case uint8:
		return int64(v), 8, nil
	case uint16:
		return int64(v), 8, nil
	case uint32:
		return int64(v), 8, nil
	case uint:
		return fromUint(uint64(v))
	case uint64:
		return fromUint(v)
	case float32:
		return fromFloat(float64(v))
	case float64:
		return fromFloat(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, 8, nil
		}
		if !strings.ContainsAny(string(v), ".eE") {
			return nil, 0, reason.For(errValue, "integer %.40s is beyond 64 bits; write it as a string or with a decimal point", v)
		}
		f, err := v.Float64()
		if err != nil {
			return nil, 0, reason.For(errValue, "number %s is out of range", v)
		}
		return fromFloat(f)
	case time.Time:
		return v.UTC().Round(0), 12, nil
	case []string:
		return listOf(v)
	case []int:
		return listOf(v)
	case []int32:
		return listOf(v)
	case []int64:
		return listOf(v)
	case []float32:
		return listOf(v)
	case []float64:
		return listOf(v)
	case []any:
		return normaliseList(v)
	}
	return nil, 0, reason.For(errValue, "%s; use a string, a boolean, a number, a time, or a list of strings or numbers", kindOf(v))
}

func listOf[T any](v []T) (out any, bytes int, err error) {
	list := make([]any, len(v))
	for i := range v {
		list[i] = v[i]
	}
	return normaliseList(list)
}

// normaliseList converts a list: to strings, to integers, or, if one of its numbers is
// none, to floats. An empty list is one of strings.
func normaliseList(list []any) (out any, bytes int, err error) {
	var texts []string
	var ints []int64
	var floats []float64
	whole := true
	for i, e := range list {
		v, n, err := normaliseValue(e)
		if err != nil {
			return nil, 0, reason.For(errValue, "element %d: %v", i, err)
		}
		bytes += n + 1
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case int64:
			ints, floats = append(ints, v), append(floats, float64(v))
		case float64:
			whole, ints, floats = false, append(ints, 0), append(floats, v)
		default:
			return nil, 0, reason.For(errValue, "element %d is %s, lists hold strings or numbers", i, kindOf(e))
		}
		if len(texts) > 0 && len(floats) > 0 {
			return nil, 0, reason.For(errValue, "element %d is %s, and the others are not: lists hold strings or numbers", i, kindOf(e))
		}
	}
	switch {
	case len(floats) == 0:
		return append([]string{}, texts...), bytes, nil
	case whole:
		return ints, bytes, nil
	}
	for i, n := range ints {
		if f := floats[i]; n != 0 && (f >= 1<<63 || int64(f) != n) {
			return nil, 0, reason.For(errValue, "element %d, the integer %d, is beyond what a float of 64 bits holds, and other elements are floats", i, n)
		}
	}
	return floats, bytes, nil
}

// kindOf names the type of a value for those who sent it as JSON and for those who
// made it in Go.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int, int64, float64, json.Number:
		return "a number"
	case map[string]any:
		return "an object"
	case []any, []string, []int, []int64, []float64:
		return "a list"
	}
	return fmt.Sprintf("a %T", v)
}

func fromUint(v uint64) (any, int, error) {
	if v > math.MaxInt64 {
		return nil, 0, reason.For(errValue, "%d is above the largest int64", v)
	}
	return int64(v), 8, nil
}

func fromFloat(v float64) (any, int, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, 0, reason.For(errValue, "%v is not a number that can be compared", v)
	}
	return v, 8, nil
}
