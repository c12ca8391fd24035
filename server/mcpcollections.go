package server

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/keys"
)

// Fields are looked for in the first documents of the first collections; the tool can
// be asked for any collection.
const (
	mcpDescribed = 20  // collections
	mcpSampled   = 100 // documents of each
	mcpFields    = 30  // fields of each
)

type (
	mcpListIn struct {
		Collection string `json:"collection,omitempty" doc:"Name of one collection to describe; all if missing"`
	}
	mcpCollection struct {
		Name      string     `json:"name"`
		Documents int        `json:"documents"`
		Fields    []mcpField `json:"fields,omitempty" doc:"Metadata that its documents have, by a sample of them"`
		Filters   []string   `json:"filter_examples,omitempty" doc:"Filters that this collection understands, to be combined with AND, OR and NOT"`
	}
	mcpField struct {
		Name     string   `json:"name"`
		Kind     string   `json:"kind" doc:"text, number, boolean, time or list of texts"`
		Examples []string `json:"examples,omitempty"`
	}
	mcpCollections struct {
		Collections []mcpCollection `json:"collections"`
	}
)

// mcpList names the collections, with their fields and filters that fit them: a model
// can't guess either.
func (s *Server) mcpList(ctx context.Context, in mcpListIn) (out mcpCollections, err error) {
	if in.Collection != "" {
		if p := s.may(ctx, keys.Read, in.Collection); p != nil {
			return out, p
		}
	}
	r, err := s.listCollections(ctx, nil)
	if err != nil {
		return out, err
	}
	out.Collections = []mcpCollection{}
	for _, c := range r.Body.Collections {
		if in.Collection != "" && c.Name != in.Collection {
			continue
		}
		m := mcpCollection{Name: c.Name, Documents: c.Documents}
		if len(out.Collections) < mcpDescribed && c.Documents > 0 {
			if m.Fields, m.Filters, err = s.mcpFields(ctx, c.Name); err != nil {
				return out, err
			}
		}
		out.Collections = append(out.Collections, m)
	}
	if in.Collection != "" && len(out.Collections) == 0 {
		_, err := s.mcpOpen(ctx, keys.Read, in.Collection)
		return out, err
	}
	return out, nil
}

// mcpFields samples the metadata of a collection.
func (s *Server) mcpFields(ctx context.Context, name string) (fields []mcpField, filters []string, err error) {
	c, err := s.collection(ctx, name)
	if err != nil {
		return nil, nil, nil // just dropped, or still opening: a request for it says so
	}
	values := map[string][]any{}
	for d, err := range c.Scan(ctx, db.Scan{Limit: mcpSampled, Fields: db.FieldMetadata}) {
		if err != nil {
			return nil, nil, err
		}
		for field, v := range d.Metadata {
			values[field] = append(values[field], v)
		}
	}
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(values[b]), len(values[a])), cmp.Compare(a, b))
	})
	for _, field := range names[:min(len(names), mcpFields)] {
		kind, examples := examplesOf(values[field])
		f := mcpField{Name: field, Kind: kind}
		for _, x := range examples {
			f.Examples = append(f.Examples, fmt.Sprint(x))
		}
		fields = append(fields, f)
		if len(examples) > 0 && len(filters) < 5 {
			filters = append(filters, exampleFilter(field, kind, examples).String())
		}
	}
	return fields, filters, nil
}

// examplesOf names the kind of a field's values, by the first, and a few of them.
func examplesOf(all []any) (kind string, examples []any) {
	for _, v := range all {
		k, parts := "text", []any{v}
		switch v := v.(type) {
		case string:
			if _, err := time.Parse(time.RFC3339, v); err == nil {
				k = "time"
			}
		case bool:
			k = "boolean"
		case int64, float64:
			k = "number"
		case time.Time:
			k, parts = "time", []any{v.Format(time.RFC3339)}
		case []string:
			k, parts = "list of texts", nil
			for _, x := range v {
				parts = append(parts, x)
			}
		}
		kind = cmp.Or(kind, k)
		for _, x := range parts {
			if s, ok := x.(string); ok && utf8.RuneCountInString(s) > 40 {
				continue // too long for an example
			}
			if k == kind && len(examples) < 3 && !slices.Contains(examples, x) {
				examples = append(examples, x)
			}
		}
	}
	return kind, examples
}

func exampleFilter(field, kind string, examples []any) filter.Expr {
	switch {
	case kind == "number" || kind == "time":
		return filter.Ge(field, examples[0])
	case kind == "list of texts":
		return filter.Contains(field, examples[0])
	case kind == "text" && len(examples) > 1:
		return filter.In(field, examples...)
	}
	return filter.Eq(field, examples[0])
}
