package db

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// MarshalJSON writes the fields in order of their names. A float is written
// with a decimal point or an exponent, so that a reader of the JSON can tell it
// from an integer, as a filter's column does.
func (m Metadata) MarshalJSON() ([]byte, error) {
	if m == nil {
		return []byte("null"), nil
	}
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendJSON(b, name); err != nil {
			return nil, err
		}
		if b, err = appendJSON(append(b, ':'), m[name]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendJSON(b []byte, v any) ([]byte, error) {
	switch f := v.(type) {
	case float32:
		return appendFloat(b, float64(f), 32)
	case float64:
		return appendFloat(b, f, 64)
	case []float32:
		return appendList(b, f)
	case []float64:
		return appendList(b, f)
	case []any:
		return appendList(b, f)
	case map[string]any:
		v = Metadata(f)
	}
	j, err := json.Marshal(v)
	return append(b, j...), err
}

func appendList[T any](b []byte, list []T) ([]byte, error) {
	b = append(b, '[')
	for i, x := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendJSON(b, x); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendFloat(b []byte, f float64, bits int) ([]byte, error) {
	s := strconv.FormatFloat(f, 'g', -1, bits)
	switch {
	case strings.ContainsAny(s, "NI"): // JSON has no NaN and no infinities
		return b, reason.For(ErrInvalidMetadata, "%s", s)
	case !strings.ContainsAny(s, ".e"):
		s += ".0"
	}
	return append(b, s...), nil
}
