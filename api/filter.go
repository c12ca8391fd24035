package api

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fronyai/frony-db/db/filter"
)

// Filter is a condition on metadata in JSON: a string in the filter language, or
// an object. It is parsed by Expr and not while the request is decoded, so that a
// mistake in it has an error of its own.
type Filter json.RawMessage

// FromFilter is the wire form of a filter: nil if it matches everything. It fails
// for an expression that can't be compared.
func FromFilter(e filter.Expr) (Filter, error) {
	if e.Kind() == filter.KindAll {
		return nil, nil
	}
	b, err := e.MarshalJSON()
	if err != nil {
		return nil, &FieldError{Field: "filter", Err: err}
	}
	return b, nil
}

// FilterText is a filter in the filter language; nil if it is empty.
func FilterText(text string) Filter {
	if text == "" {
		return nil
	}
	b, _ := json.Marshal(text) // a string always can be
	return b
}

// Expr parses the filter within limits.
func (f Filter) Expr(l filter.Limits) (filter.Expr, error) {
	if len(f) == 0 || string(f) == "null" {
		return filter.All(), nil
	}
	e, err := l.ParseJSON(f)
	if err != nil {
		return e, &FieldError{Field: "filter", Err: err}
	}
	return e, nil
}

// URLFilter reads the filter in the query of a URL: the text of one, or its JSON. Empty is
// all. Errors are a *FieldError.
func URLFilter(text string, l filter.Limits) (filter.Expr, error) {
	if text == "" || isJSON(text) {
		return Filter(text).Expr(l)
	}
	e, err := l.Parse(text)
	if err != nil {
		return e, &FieldError{Field: "filter", Err: err}
	}
	return e, nil
}

// AnyFilter is a filter that is given as a string, as in the query of a URL: the text of
// one, or its JSON.
func AnyFilter(text string) Filter {
	if isJSON(text) {
		return Filter(text)
	}
	return FilterText(text)
}

// isJSON reports whether a filter in a URL is JSON: no text of the language begins so.
func isJSON(text string) bool { return strings.HasPrefix(text, "{") }

// MarshalJSON writes the filter as it is.
func (f Filter) MarshalJSON() ([]byte, error) {
	if len(f) == 0 {
		return []byte("null"), nil
	}
	return f, nil
}

// UnmarshalJSON keeps the JSON as it is.
func (f *Filter) UnmarshalJSON(data []byte) error {
	*f = bytes.Clone(data)
	return nil
}
