package server

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/keys"
)

// described says what the routes do that the framework does not know, by pattern.
var described = map[string]struct{ tag, summary string }{
	"GET /livez":                {"operations", "Whether the program runs"},
	"GET /readyz":               {"operations", "Whether requests should be sent here"},
	"GET /healthz":              {"operations", "The same as /readyz"},
	"GET /metrics":              {"operations", "Metrics for Prometheus; needs a key for all collections"},
	"GET /openapi.json":         {"operations", "This description, in OpenAPI 3.1"},
	"GET /openapi-3.0.json":     {"operations", "This description, in OpenAPI 3.0"},
	"POST /mcp":                 {"protocols", "Model Context Protocol, streamable HTTP"},
	"GET /v1/models":            {"protocols", "OpenAI: the names of the model"},
	"GET /v1/models/{model...}": {"protocols", "OpenAI: one name of the model"},
	"POST /{$}":                 {"protocols", "Text Embeddings Inference: the same as /embed"},
	"POST /embed":               {"protocols", "Text Embeddings Inference: embed texts"},
	"POST /embeddings":          {"protocols", "Text Embeddings Inference: OpenAI's request"},
	"POST /similarity":          {"protocols", "Text Embeddings Inference: compare a sentence with others"},
	"POST /tokenize":            {"protocols", "Text Embeddings Inference: the tokens of texts, and where they stand"},
	"GET /info":                 {"protocols", "Text Embeddings Inference: about the model"},
	"GET /health":               {"protocols", "Text Embeddings Inference: the same as /readyz"},
	"POST /api/embed":           {"protocols", "Ollama: embed texts"},
	"GET /api/tags":             {"protocols", "Ollama: the names of the model"},
	"POST /vectors":             {"protocols", "Weaviate's text2vec-transformers: embed a text"},
	"POST /vectors/{$}":         {"protocols", "The same as /vectors"},
	"GET /meta":                 {"protocols", "Weaviate's text2vec-transformers: about the model"},
	"GET /.well-known/live":     {"protocols", "Weaviate's text2vec-transformers: whether the program runs"},
	"GET /.well-known/ready":    {"protocols", "Weaviate's text2vec-transformers: whether requests should be sent here"},
}

// describe makes the API's description, after all routes are there: spec in OpenAPI
// 3.1, and old in 3.0, for generators that read no other.
func (s *Server) describe() (spec, old []byte, err error) {
	o := s.api.OpenAPI()
	schemas := o.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // the framework's own, which is never sent
	delete(schemas, "ErrorDetail")
	o.Servers = []*huma.Server{{URL: "/", Description: "This server"}}
	s.describeRoutes(o)
	for _, form := range []struct {
		to   *[]byte
		from func() ([]byte, error)
	}{{&spec, func() ([]byte, error) { return json.Marshal(o) }}, {&old, o.Downgrade}} {
		b, err := form.from()
		if err != nil {
			return nil, nil, err
		}
		var v map[string]any
		if err := json.Unmarshal(b, &v); err != nil {
			return nil, nil, err
		}
		s.refine(v)
		if *form.to, err = json.Marshal(v); err != nil {
			return nil, nil, err
		}
	}
	return spec, old, nil
}

// describeRoutes adds the routes that are not the framework's.
func (s *Server) describeRoutes(o *huma.OpenAPI) {
	for pattern, e := range s.endpoints {
		d, ok := described[pattern]
		if !ok {
			continue // the framework's, or the console's
		}
		method, path, _ := strings.Cut(pattern, " ")
		op := &huma.Operation{
			OperationID: strings.ToLower(method) + "-" + strings.Trim(strings.NewReplacer("/", "-", ".", "-", "{$}", "root", "{model---}", "name", "{", "", "}", "").Replace(strings.ReplaceAll(path, "{model...}", "name")), "-"),
			Method:      method, Path: strings.NewReplacer("{$}", "", "{model...}", "{model}").Replace(path),
			Tags: []string{d.tag}, Summary: d.summary,
			Responses: map[string]*huma.Response{"200": {Description: "OK"}, "default": {Description: "What went wrong, in the protocol's own form"}},
		}
		if strings.HasPrefix(path, "/.well-known/") {
			op.Responses["204"] = op.Responses["200"]
			delete(op.Responses, "200")
		}
		if strings.Contains(path, "{model...}") {
			op.Parameters = []*huma.Param{{Name: "model", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
		}
		if e.role == keys.None {
			op.Security = []map[string][]string{}
		} else {
			op.Description = e.needs()
		}
		if method == http.MethodPost {
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
			}}
		}
		o.AddOperation(op)
	}
}

// refine adds what the description says and requests are not validated by: limits,
// which have errors of their own, and the two forms of a filter. A list is never
// null.
func (s *Server) refine(v map[string]any) {
	unite(v)
	l := &s.opts.Limits
	schemas := v["components"].(map[string]any)["schemas"].(map[string]any)
	for _, b := range []struct {
		schema, property, keyword string
		limit                     int
	}{
		{"Query", "k", "maximum", l.K},
		{"Query", "ef_search", "maximum", l.EfSearch},
		{"Query", "oversampling", "maximum", l.Oversampling},
		{"Query", "text", "maxLength", l.Text},
		{"Query", "queries", "maxItems", db.MaxQuestions},
		{"Question", "text", "maxLength", l.Text},
		{"Query", "offset", "maximum", l.K},
		{"FacetQuery", "top", "maximum", l.K},
		{"SearchBatch", "queries", "maxItems", l.Queries},
		{"NewCollection", "ef_search", "maximum", l.EfSearch},
		{"NewCollection", "oversampling", "maximum", l.Oversampling},
		{"WriteDocuments", "documents", "maxItems", l.Batch},
		{"ReplaceSource", "documents", "maxItems", l.Batch},
		{"Document", "text", "maxLength", l.Text},
		{"GetDocuments", "ids", "maxItems", l.Batch},
		{"DeleteDocuments", "ids", "maxItems", l.Batch},
	} {
		property(schemas, b.schema, b.property)[b.keyword] = b.limit
	}
	for _, in := range []string{"Query", "CountDocuments", "DeleteDocuments", "FacetQuery", "DescribeFields"} {
		f := property(schemas, in, "filter")
		f["oneOf"] = []any{map[string]any{"type": "string"}, map[string]any{"$ref": "#/components/schemas/Condition"}}
	}
	condition := map[string]any{"$ref": "#/components/schemas/Condition"}
	list := map[string]any{"type": "array", "items": condition}
	schemas["Condition"] = map[string]any{
		"type": "object", "description": "A condition on metadata: field, op and value, or one of and, or and not",
		"properties": map[string]any{
			"field": map[string]any{"type": "string"},
			"op":    map[string]any{"type": "string", "description": "=, !=, <, <=, >, >=, IN, CONTAINS or EXISTS"},
			"value": map[string]any{"description": "A string, a number, a boolean, or a list of these"},
			"and":   list, "or": list, "not": condition,
		},
	}
	created := v["paths"].(map[string]any)["/v1/collections"].(map[string]any)["post"].(map[string]any)["responses"].(map[string]any)
	again := map[string]any{"description": "With exist_ok: the collection that exists", "content": created["201"].(map[string]any)["content"]}
	created["200"] = again
}

func property(schemas map[string]any, schema, name string) map[string]any {
	return schemas[schema].(map[string]any)["properties"].(map[string]any)[name].(map[string]any)
}

// unite gives every part one type.
func unite(v any) {
	switch v := v.(type) {
	case map[string]any:
		if kinds, ok := v["type"].([]any); ok {
			for _, kind := range kinds {
				if kind != "null" {
					v["type"] = kind
				}
			}
		}
		if v["type"] == "array" {
			delete(v, "nullable")
		}
		for _, x := range v {
			unite(x)
		}
	case []any:
		for _, x := range v {
			unite(x)
		}
	}
}
