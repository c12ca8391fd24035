package server

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/internal/similar"
)

// synonyms are what other databases call a field, without underscores.
var synonyms = map[string][]string{
	"text":        {"query", "querytext", "content", "document", "texts", "q"},
	"embedding":   {"vector", "queryvector", "values", "embeddings"},
	"k":           {"topk", "limit", "nresults", "size", "n", "top"},
	"limit":       {"k", "topk", "size", "n", "pagesize"},
	"filter":      {"where", "filters"},
	"dims":        {"dim", "dimension", "dimensions"},
	"metadata":    {"payload", "properties", "attributes"},
	"fields":      {"include", "outputfields", "select"},
	"ef_search":   {"ef"},
	"precomputed": {"given"},
	"documents":   {"docs", "points", "items", "data", "records", "vectors", "text", "texts"},
	"ids":         {"id", "keys"},
	"expires":     {"ttl", "expiresat", "expiry", "expireat"},
}

// meant guesses which of the fields that there are somebody means by one that there is
// not: a slip of the keyboard, or what another database calls it.
func meant(name string, fields []string) string {
	folded := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	for _, field := range fields {
		if slices.Contains(synonyms[field], folded) {
			return field
		}
	}
	return similar.Name(name, fields)
}

// didYouMean is a hint at the field that was probably meant, or "".
func didYouMean(name string, fields []string) string {
	if m := meant(name, fields); m != "" {
		return "did you mean " + m + "?"
	}
	return ""
}

// jsonFields are the names in JSON of a struct's fields, but for former ones.
func jsonFields(t reflect.Type) (names []string) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && f.Tag.Get("deprecated") == "" {
			names = append(names, name)
		}
	}
	return names
}

// fieldsAt are the names that an operation knows where a field stands that it does not
// know: "query.limt", "body.documents[0].txet".
func (s *Server) fieldsAt(op *huma.Operation, location string) (names []string) {
	if strings.HasPrefix(location, "query.") {
		for _, p := range op.Parameters {
			if p.In == "query" && !p.Deprecated {
				names = append(names, p.Name)
			}
		}
		return names
	}
	if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return nil
	}
	schema := s.resolved(op.RequestBody.Content["application/json"].Schema)
	steps := strings.Split(location, ".")
	for _, step := range steps[1 : len(steps)-1] {
		name, index, listed := strings.Cut(step, "[")
		if schema == nil {
			return nil
		}
		schema = s.resolved(schema.Properties[name])
		for range strings.Count(index, "]") {
			if listed && schema != nil {
				schema = s.resolved(schema.Items)
			}
		}
	}
	if schema == nil {
		return nil
	}
	for name, p := range schema.Properties {
		if !p.Deprecated {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// resolved is the schema that a reference leads to.
func (s *Server) resolved(schema *huma.Schema) *huma.Schema {
	if schema != nil && schema.Ref != "" {
		return s.api.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema
}

// place is where something stands in a request, as its writer calls it: "documents[0].text"
// for "body.documents[0].text". The body itself is "".
func place(location string) string {
	for _, part := range []string{"body", "query", "path"} {
		if rest, ok := strings.CutPrefix(location, part); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return strings.TrimPrefix(rest, ".")
		}
	}
	return location
}

// fault describes a fault that the framework found: where it is, what it is, and what was
// probably meant.
func (s *Server) fault(op *huma.Operation, e *huma.ErrorDetail) (at, message, hint string) {
	at = place(e.Location)
	name := at[strings.LastIndexByte(at, '.')+1:]
	outer := strings.TrimSuffix(strings.TrimSuffix(at, name), ".")
	if outer != "" {
		outer = " in " + outer
	}
	if missing, ok := strings.CutPrefix(e.Message, "expected required property "); ok {
		missing = strings.TrimSuffix(missing, " to be present")
		if at != "" {
			return at + "." + missing, fmt.Sprintf("%s has no field %q", at, missing), ""
		}
		return missing, fmt.Sprintf("the field %q is missing", missing), ""
	}
	switch names, one := strings.CutPrefix(e.Message, "expected value to be one of "); {
	case one:
		names = strings.Trim(names, `"`)
		if value, ok := e.Value.(string); ok {
			if near := similar.Name(value, strings.Split(names, ", ")); near != "" {
				hint = "did you mean " + near + "?"
			}
		}
		return at, at + ": want one of " + names, hint
	case e.Message == "unexpected property":
		return at, fmt.Sprintf("there is no field %q%s", name, outer), didYouMean(name, s.fieldsAt(op, e.Location))
	case e.Message == "unknown query parameter":
		return at, fmt.Sprintf("there is no query parameter %q", name), didYouMean(name, s.fieldsAt(op, e.Location))
	case at != "":
		return at, at + ": " + e.Message, ""
	}
	return at, e.Message, ""
}
