package api

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fronyai/frony-db/db"
)

// Metadata is a document's metadata. Numbers keep their type: an integer above
// 2^53 is not rounded, and a float is written with a point or an exponent. Times
// are written as RFC 3339 and read as strings, which filters compare as times.
type Metadata map[string]any

// MarshalJSON writes an object with its fields in order.
func (m Metadata) MarshalJSON() ([]byte, error) { return db.Metadata(m).MarshalJSON() }

// UnmarshalJSON reads an object into the types that package db stores. A value of
// another type is kept as it is, for the database to refuse with its name.
func (m *Metadata) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return err
	}
	for name, v := range out {
		switch v := v.(type) {
		case json.Number:
			out[name] = number(v)
		case []any:
			out[name] = list(v)
		}
	}
	*m = out
	return nil
}

func number(n json.Number) any {
	if !strings.ContainsAny(string(n), ".eE") {
		i, err := n.Int64()
		if err != nil {
			return n // beyond 64 bits: refused by the database, and not rounded
		}
		return i
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n // out of range
}

// list is a list of strings, of integers, or of floats. Any other is left for the database
// to refuse.
func list(v []any) any {
	var texts []string
	var ints []int64
	var floats []float64
	for _, e := range v {
		switch e := e.(type) {
		case string:
			texts = append(texts, e)
		case json.Number:
			switch n := number(e).(type) {
			case int64:
				ints = append(ints, n)
			case float64:
				floats = append(floats, n)
			}
		}
	}
	switch len(v) {
	case len(texts):
		return append([]string{}, texts...)
	case len(ints):
		return ints
	case len(floats):
		return floats
	}
	return v
}
