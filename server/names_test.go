package server_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
)

// requests are the bodies in which every field is tried, and what they need beside it.
var requests = []struct {
	method, path string
	body         reflect.Type
	with         string
}{
	{"POST", notes + "/search", reflect.TypeFor[api.Query](), `{"text":"a"}`},
	{"POST", notes + "/search", reflect.TypeFor[api.Query](), `{"text":"a","mode":"lexical"}`},
	{"POST", notes + "/search", reflect.TypeFor[api.Query](), `{"queries":[{"text":"a"},{"like":["1"]}]}`},
	{"POST", notes + "/search", reflect.TypeFor[api.Query](), `{}`},
	{"POST", notes + "/facets", reflect.TypeFor[api.FacetQuery](), `{"fields":["lang"]}`},
	{"POST", notes + "/facets", reflect.TypeFor[api.FacetQuery](), `{"fields":["lang"],"search":{"text":"a","k":5000}}`},
	{"POST", notes + "/facets", reflect.TypeFor[api.FacetQuery](), `{"fields":["lang"],"search":{"text":"a","per_group":2}}`},
	{"POST", notes + "/map", reflect.TypeFor[api.MapQuery](), `{}`},
	{"POST", notes + "/documents/scan", reflect.TypeFor[api.ScanRequest](), `{}`},
	{"POST", notes + "/documents/delete", reflect.TypeFor[api.DeleteDocuments](), `{}`},
	{"POST", notes + "/documents/count", reflect.TypeFor[api.CountDocuments](), `{}`},
	{"PUT", notes + "/documents", reflect.TypeFor[api.WriteDocuments](), `{"documents":[{"text":"a"}]}`},
	{"PUT", notes + "/documents", reflect.TypeFor[api.WriteDocuments](), `{"documents":[{"text":"a"}],"chunk":{"tokens":8,"overlap":7}}`},
	{"PATCH", notes + "/documents", reflect.TypeFor[api.UpdateDocuments](), `{"ids":["1"]}`},
	{"POST", notes + "/documents/source", reflect.TypeFor[api.ReplaceSource](), `{"source":"s","documents":[]}`},
	{"POST", "/v1/collections", reflect.TypeFor[api.NewCollection](), `{"name":"new"}`},
	{"POST", "/v1/collections", reflect.TypeFor[api.NewCollection](), `{"name":"new","precomputed":true,"dims":16}`},
	{"POST", "/v1/collections", reflect.TypeFor[api.NewCollection](), `{"name":"new","precomputed":true}`},
	{"POST", "/v1/tasks", reflect.TypeFor[api.NewTask](), `{"kind":"reembed","collection":"notes"}`},
	{"POST", "/v1/search", reflect.TypeFor[api.SearchAll](), `{"collections":["notes"],"query":{"text":"a","per_group":2}}`},
	{"POST", "/v1/search", reflect.TypeFor[api.SearchAll](), `{"collections":["notes"],"query":{"like":["1"]}}`},
}

// bad are values of which some are wrong for any field.
var bad = []string{`-1`, `0`, `3`, `1000000`, `2.5`, `""`, `"nonsense"`, `"_id"`, `"x =="`, `[]`, `["_id"]`, `["nonsense"]`, `[0]`, `true`, `{}`, `{"nonsense":1}`, `null`}

// goNames are the names in Go of what requests have.
var goNames = func() map[string]bool {
	names := map[string]bool{}
	for _, of := range []reflect.Type{
		reflect.TypeFor[db.Query](), reflect.TypeFor[db.Question](), reflect.TypeFor[db.Scan](), reflect.TypeFor[db.FacetQuery](),
		reflect.TypeFor[db.MapQuery](), reflect.TypeFor[db.CollectionOptions](), reflect.TypeFor[db.ReembedOptions](),
		reflect.TypeFor[chunk.Options](), reflect.TypeFor[db.Document](), reflect.TypeFor[db.Patch](),
	} {
		for f := range of.Fields() {
			names[f.Name] = true
		}
	}
	return names
}()

var capital = regexp.MustCompile(`\b[A-Z]\w*\b`)

// Every field of every request, with every wrong value: an error names it as the request
// does, and never as Go does; its param is a field of the request.
func TestErrorsNameFieldsAsWritten(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"1","text":"a","metadata":{"lang":"ko"}}]}`)
	refused := 0
	for _, r := range requests {
		var fields []string
		for _, f := range reflect.VisibleFields(r.body) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				fields = append(fields, name)
			}
		}
		if len(fields) == 0 {
			t.Errorf("%s has no fields", r.body)
		}
		known := map[string]bool{"": true, "collection": true, "id": true, "query": true}
		for _, name := range fields {
			known[name] = true
		}
		for _, name := range fields {
			for _, value := range bad {
				var body map[string]json.RawMessage
				if err := json.Unmarshal([]byte(r.with), &body); err != nil {
					t.Fatal(err)
				}
				body[name] = json.RawMessage(value)
				sent, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				status, got, _ := b.do(r.method, r.path, string(sent))
				if status < 400 {
					continue
				}
				refused++
				var p api.ProblemBody
				if err := json.Unmarshal([]byte(got), &p); err != nil {
					t.Fatalf("%s %s: %d %s", r.path, sent, status, got)
				}
				e := p.Error
				if status >= 500 {
					t.Errorf("%s %s: %d %s", r.path, sent, status, got)
				}
				for _, word := range capital.FindAllString(e.Message+" "+e.Hint, -1) {
					if goNames[word] {
						t.Errorf("%s %s: %s (%s) names %s", r.path, sent, e.Message, e.Hint, word)
					}
				}
				outer, _, _ := strings.Cut(strings.ReplaceAll(e.Param, "[", "."), ".")
				if inner := e.Param[strings.LastIndexByte(e.Param, '.')+1:]; !known[outer] && !known[inner] {
					t.Errorf("%s %s: param is %q: %s", r.path, sent, e.Param, e.Message)
				}
			}
		}
	}
	t.Logf("%d requests were refused", refused)
	if refused < 500 {
		t.Error("too few")
	}
}

// A field that does not exist is refused wherever it stands, with a guess at the one that
// was meant, of those that are there.
func TestUnknownFields(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	for _, c := range []struct{ method, path, body, message, param, hint string }{
		{"POST", notes + "/search", `{"text":"a","fliter":"x = 1"}`, `there is no field "fliter"`, "fliter", "did you mean filter?"},
		{"POST", notes + "/search", `{"text":"a","efSearch":9}`, `there is no field "efSearch"`, "efSearch", "did you mean ef_search?"},
		{"POST", notes + "/search", `{"text":"a","min_scor":9}`, `there is no field "min_scor"`, "min_scor", "did you mean min_score?"},
		{"POST", notes + "/search", `{"text":"a","limit":9}`, `there is no field "limit"`, "limit", "did you mean k?"},
		{"POST", notes + "/search", `{"text":"a","size":9}`, `there is no field "size"`, "size", "did you mean k?"},
		{"POST", notes + "/documents/scan", `{"size":9}`, `there is no field "size"`, "size", "did you mean limit?"},
		{"POST", notes + "/search", `{"text":"a","colour":3}`, `there is no field "colour"`, "colour", ""},
		{"PUT", notes + "/documents", `{"documents":[{"text":"a"},{"txet":"a"}]}`, `there is no field "txet" in documents[1]`, "documents[1].txet", "did you mean text?"},
		{"POST", notes + "/search/batch", `{"queries":[{"text":"a"},{"text":"a","top_k":3}]}`, `there is no field "top_k" in queries[1]`, "queries[1].top_k", "did you mean k?"},
		{"GET", notes + "/search?q=a&flter=x", "", `there is no query parameter "flter"`, "flter", "did you mean filter?"},
		{"GET", notes + "/documents?lmit=2", "", `there is no query parameter "lmit"`, "lmit", "did you mean limit?"},
		{"POST", notes + "/documents/upload?mod=insert", `{"text":"a"}`, `there is no query parameter "mod"`, "mod", "did you mean mode?"},
		{"POST", "/v1/tasks", `{"kind":"reembd"}`, "kind: want one of reembed, reembed-confirm, reembed-rollback, backup, restore, compact, doctor, copy", "kind", "did you mean reembed?"},
		{"POST", notes + "/search", `{"text":"a","mode":"semantic"}`, "mode: want one of dense, lexical, hybrid", "mode", ""},
		{"PUT", notes + "/documents", `{"text":"a"}`, `the field "documents" is missing; there is no field "text", did you mean documents?`, "documents", ""},
		{"POST", "/v1/collections", `{"nam":"x"}`, `the field "name" is missing; there is no field "nam", did you mean name?`, "name", ""},
		{"POST", "/v1/collections", `{}`, `the field "name" is missing`, "name", ""},
		{"POST", notes + "/search", `{"text":"a","k":0}`, `k: expected number >= 1`, "k", ""},
		{"POST", notes + "/search", `{"text":"a","recall":2,"k":"x"}`, `k: expected integer; recall: expected number <= 1`, "k", ""},
	} {
		_, got, _ := b.do(c.method, c.path, c.body)
		var p api.ProblemBody
		if err := json.Unmarshal([]byte(got), &p); err != nil {
			t.Fatal(err, got)
		}
		if e := p.Error; e.Message != c.message || e.Param != c.param || e.Hint != c.hint {
			t.Errorf("%s %s\n got %q, %q, %q\nwant %q, %q, %q", c.path, c.body, e.Message, e.Param, e.Hint, c.message, c.param, c.hint)
		}
	}
	_, got, _ := b.do("POST", notes+"/documents/upload", `{"id":"1","txet":"a"}`)
	if want := `there is no field \"txet\"; did you mean text?`; !strings.Contains(got, want) {
		t.Error(got)
	}
	if got := b.mcpCall("get", `{"collection":"notes"}`); !strings.Contains(got, `there is no field "ids"`) && !strings.Contains(got, `there is no field \"ids\"`) {
		t.Error(got)
	}
	for arguments, want := range map[string]string{
		`{"collection":"notes","text":"a","fliter":"x = 1"}`: `there is no field "fliter"; did you mean filter?`,
		`{"collection":"notes","text":"a","limit":3}`:        `there is no field "limit"; did you mean k?`,
		`{"collection":"notes","text":"a","k":-3}`:           `k is -3`,
		`{"collection":"notes","text":"a","per_source":-3}`:  `per_source is -3`,
		`{"collection":"notes","text":"a","context":99}`:     `context is 99`,
		`{"collection":"notes","text":"a","k":"five"}`:       `/k can't be a string`,
	} {
		if got := b.mcpCall("search", arguments); !strings.Contains(got, want) {
			t.Errorf("%s: %s", arguments, got)
		}
	}
}
