package server

import (
	"context"
	"fmt"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/keys"
)

// The fields of the first collections are told; the tool can be asked for any collection.
const (
	mcpDescribed = 20 // collections
	mcpFields    = 30 // fields of each
)

type (
	mcpListIn struct {
		Collection string `json:"collection,omitempty" doc:"Name of one collection to describe; all if missing"`
	}
	mcpCollection struct {
		Name      string     `json:"name"`
		Aliases   []string   `json:"aliases,omitempty" doc:"Other names that lead to it"`
		Documents int        `json:"documents"`
		Fields    []mcpField `json:"fields,omitempty" doc:"Metadata that its documents have, the most frequent first"`
		Filters   []string   `json:"filter_examples,omitempty" doc:"Filters that this collection understands, to be combined with AND, OR and NOT"`
	}
	mcpField struct {
		Name      string   `json:"name"`
		Kind      string   `json:"kind" doc:"text, number, boolean, time, list of texts or list of numbers"`
		Documents int      `json:"documents" doc:"Documents that have the field"`
		Examples  []string `json:"examples,omitempty" doc:"The most frequent values"`
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
	wanted := s.resolve(in.Collection)
	for _, c := range r.Body.Collections {
		if in.Collection != "" && c.Name != wanted {
			continue
		}
		m := mcpCollection{Name: c.Name, Aliases: c.Aliases, Documents: c.Documents}
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

// mcpFields describes the metadata of a collection.
func (s *Server) mcpFields(ctx context.Context, name string) (fields []mcpField, filters []string, err error) {
	c, gone := s.collection(ctx, name)
	if gone != nil {
		return nil, nil, nil //nolint:nilerr // just dropped, or still opening: a request for it says so
	}
	all, err := c.Fields(ctx, filter.All())
	if err != nil {
		return nil, nil, err
	}
	for _, info := range all[:min(len(all), mcpFields)] {
		f := mcpField{Name: info.Name, Kind: mcpKinds[info.Types[0].Type], Documents: info.Documents}
		var examples []any
		for _, x := range info.Examples {
			if len(examples) < 3 && mcpKindOf(x, f.Kind) {
				examples = append(examples, x)
				f.Examples = append(f.Examples, fmt.Sprint(x))
			}
		}
		fields = append(fields, f)
		if len(examples) > 0 && len(filters) < 5 {
			filters = append(filters, exampleFilter(info.Name, f.Kind, examples).String())
		}
	}
	return fields, filters, nil
}

// mcpKinds are the types of fields as a model is told them.
var mcpKinds = map[string]string{
	"boolean": "boolean", "number": "number", "time": "time", "string": "text", "list of strings": "list of texts", "list of numbers": "list of numbers",
}

// mcpKindOf reports whether an example is of a kind: fields may have values of several.
func mcpKindOf(x any, kind string) bool {
	switch x := x.(type) {
	case bool:
		return kind == "boolean"
	case string:
		_, time := filter.ParseTime(x, nil)
		return kind == "list of texts" || (kind == "time") == time && (kind == "time" || kind == "text")
	}
	return kind == "number" || kind == "list of numbers"
}

func exampleFilter(field, kind string, examples []any) filter.Expr {
	switch {
	case kind == "number" || kind == "time":
		return filter.Ge(field, examples[0])
	case kind == "list of texts" || kind == "list of numbers":
		return filter.Contains(field, examples[0])
	case kind == "text" && len(examples) > 1:
		return filter.In(field, examples...)
	}
	return filter.Eq(field, examples[0])
}
