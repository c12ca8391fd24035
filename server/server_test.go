package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// bench is a server under test.
type bench struct {
	*testing.T
	s   *server.Server
	db  *db.DB
	url string
	key string
}

func start(t *testing.T, o *server.Options) *bench {
	t.Helper()
	return startWith(t, embeddertest.New(384, 1), o)
}

func startWith(t *testing.T, e embedder.Embedder, o *server.Options) *bench {
	t.Helper()
	return startIn(t, t.TempDir(), e, o)
}

func startIn(t *testing.T, dir string, e embedder.Embedder, o *server.Options) *bench {
	t.Helper()
	var s *server.Server
	d, err := db.Open(dir, &db.Options{Embedder: e, AllowModelMismatch: true, Progress: func(step string, done, total int) {
		if s != nil {
			s.ObserveProgress(step, done, total)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if o == nil {
		o = &server.Options{}
	}
	o.Embedder = e
	s, err = server.New(engine.Local(d), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = s.HTTPServer()
	ts.Start()
	t.Cleanup(func() {
		ts.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{T: t, s: s, db: d, url: ts.URL}
}

// do sends a request and returns the status and the body.
func (b *bench) do(method, path, body string, header ...string) (int, string, http.Header) {
	b.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(b.Context(), method, b.url+path, r)
	if err != nil {
		b.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if b.key != "" {
		req.Header.Set("Authorization", "Bearer "+b.key)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(got), res.Header
}

// ask sends a request, checks the status and decodes the answer.
func (b *bench) ask(want int, method, path, body string, header ...string) map[string]any {
	b.Helper()
	status, got, _ := b.do(method, path, body, header...)
	if status != want {
		b.Fatalf("%s %s: %d, want %d: %.500s", method, path, status, want, got)
	}
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(got))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		b.Fatalf("%s %s: %v in %.500q", method, path, err, got)
	}
	return v
}

// refused sends a request and checks the status and the code of its error.
func (b *bench) refused(status int, code, method, path, body string, header ...string) map[string]any {
	b.Helper()
	v := b.ask(status, method, path, body, header...)
	e, _ := v["error"].(map[string]any)
	if e["code"] != code {
		b.Errorf("%s %s %.200s: %v, want the code %s", method, path, body, v, code)
	}
	if e["request_id"] == nil || e["message"] == "" || e["type"] == "" {
		b.Errorf("%s %s: a part is missing in %v", method, path, e)
	}
	return e
}

// await waits until something holds.
func (b *bench) await(what string, holds func() bool) {
	b.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("waited in vain: %s", what)
		}
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	got, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func (b *bench) list(v any) []any {
	b.Helper()
	l, ok := v.([]any)
	if !ok {
		b.Fatalf("%v (%T) is not a list", v, v)
	}
	return l
}

const notes = "/v1/collections/notes"

// filled is a server with a collection of three documents.
func filled(t *testing.T, o *server.Options) *bench {
	t.Helper()
	b := start(t, o)
	b.ask(http.StatusOK, "PUT", notes+"/documents?create=true", `{"documents":[
		{"id":"1","text":"서울의 봄은 짧다","metadata":{"lang":"ko","year":2024,"big":9007199254740993}},
		{"id":"2","text":"winter in Busan","metadata":{"lang":"en","year":2020,"tags":["a","b"]},"source":"s.md","chunk":3},
		{"id":"3/x","text":"가을 바람"}]}`)
	return b
}

func TestCollections(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	if got := b.list(b.ask(200, "GET", "/v1/collections", "")["collections"]); len(got) != 0 {
		t.Fatal(got)
	}
	info := b.ask(201, "POST", "/v1/collections", `{"name":"메모","m":8}`)
	if info["dims"] != json.Number("384") || info["head_dims"] != json.Number("192") {
		t.Fatal(info)
	}
	b.refused(409, "collection_exists", "POST", "/v1/collections", `{"name":"메모"}`)
	b.ask(200, "POST", "/v1/collections", `{"name":"메모","exist_ok":true}`)
	b.refused(400, "invalid_name", "POST", "/v1/collections", `{"name":"a b"}`)
	b.refused(400, "invalid_options", "POST", "/v1/collections", `{"name":"x","dims":7}`)
	b.refused(422, "invalid_request", "POST", "/v1/collections", `{}`)
	given := b.ask(201, "POST", "/v1/collections", `{"name":"given","precomputed":true,"dims":7}`)
	if given["dims"] != json.Number("7") || given["model"] != nil {
		t.Fatal(given)
	}
	b.refused(400, "no_embedder", "PUT", "/v1/collections/given/documents", `{"documents":[{"text":"no model embeds it"}]}`)
	b.ask(200, "PUT", "/v1/collections/given/documents", `{"documents":[{"text":"x","embedding":[1,2,3,4,5,6,7]}]}`)
	b.ask(200, "DELETE", "/v1/collections/given", "")
	if got := b.list(b.ask(200, "GET", "/v1/collections", "")["collections"]); len(got) != 1 {
		t.Fatal(got)
	}
	b.ask(200, "GET", "/v1/collections/%EB%A9%94%EB%AA%A8", "")
	if got := b.ask(200, "GET", "/v1/collections/메모/stats", ""); got["memory_bytes"] == nil {
		t.Fatal(got)
	}
	b.refused(404, "no_collection", "GET", "/v1/collections/none", "")
	b.refused(404, "no_collection", "GET", "/v1/collections/none/stats", "")
	b.refused(404, "no_collection", "DELETE", "/v1/collections/none", "")
	b.ask(200, "DELETE", "/v1/collections/메모", "")
	b.refused(404, "no_collection", "GET", "/v1/collections/메모", "")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	v := b.ask(200, "POST", notes+"/search", `{"text":"서울의 봄","k":2,"filter":"lang = \"ko\""}`)
	ms := b.list(v["matches"])
	if len(ms) != 1 || ms[0].(map[string]any)["id"] != "1" || v["timings"].(map[string]any)["total"] == nil || v["plan"] == "" {
		t.Fatal(v)
	}
	if ms := b.list(b.ask(200, "POST", notes+"/search", `{"text":"winter"}`)["matches"]); len(ms) != 3 {
		t.Fatal(ms) // k is 10 if it is missing
	}
	exact := b.list(b.ask(200, "POST", notes+"/search", `{"text":"winter","exact":true,"k":1,"fields":["embedding"],"min_score":0.1,"ef":10,"oversampling":2}`)["matches"])
	first := exact[0].(map[string]any)
	if first["id"] != "2" || first["text"] != nil || len(b.list(first["embedding"])) != 384 {
		t.Fatal(first)
	}
	vector, err := json.Marshal(first["embedding"])
	if err != nil {
		t.Fatal(err)
	}
	v = b.ask(200, "POST", notes+"/search/batch", `{"queries":[{"text":"봄"},{"embedding":`+string(vector)+`,"k":1}]}`)
	rs := b.list(v["results"])
	if len(rs) != 2 || b.list(rs[1].(map[string]any)["matches"])[0].(map[string]any)["id"] != "2" {
		t.Fatal(v)
	}
	for mode, want := range map[string]string{"dense": "dense", "lexical": "lexical", "hybrid": "hybrid"} {
		v := b.ask(200, "POST", notes+"/search", `{"text":"winter","k":1,"mode":"`+mode+`","fusion":"reciprocal","dense_weight":0.3}`)
		if first := b.list(v["matches"])[0].(map[string]any); v["mode"] != want || first["id"] != "2" || first["score"] == nil {
			t.Error(v)
		}
	}
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"g0","text":"winter sea","source":"g"},{"id":"g1","text":"winter sea again","source":"g","chunk":1}]}`)
	grouped := b.list(b.ask(200, "POST", notes+"/search", `{"text":"winter sea","per_source":1}`)["matches"])
	if first := grouped[0].(map[string]any); len(grouped) != 4 || first["source"] != "g" {
		t.Error(grouped)
	}
	b.refused(422, "invalid_request", "POST", notes+"/search", `{"text":"x","per_source":-1}`)
	b.refused(422, "invalid_request", "POST", notes+"/search", `{"text":"x","mode":"psychic"}`)
	b.refused(422, "invalid_request", "POST", notes+"/search", `{"text":"x","dense_weight":2}`)
	e := b.refused(400, "invalid_embedding", "POST", notes+"/search/batch", `{"queries":[{"text":"봄"},{"embedding":[1,2]}]}`)
	if e["param"] != "queries[1].embedding" {
		t.Error(e)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	for _, c := range []struct {
		status             int
		code, method, path string
		body               string
	}{
		{404, "no_collection", "POST", "/v1/collections/none/search", `{"text":"x"}`},
		{404, "no_collection", "POST", "/v1/collections/none/documents", `{"documents":[{"text":"x"}]}`},
		{400, "invalid_text", "PUT", notes + "/documents", `{"documents":[{"id":"1"}]}`},
		{400, "invalid_embedding", "PUT", notes + "/documents", `{"documents":[{"id":"1","embedding":[1,2]}]}`},
		{400, "invalid_metadata", "PUT", notes + "/documents", `{"documents":[{"text":"x","metadata":{"a":[{"b":1}]}}]}`},
		{400, "duplicate_id", "PUT", notes + "/documents", `{"documents":[{"id":"1","text":"x"},{"id":"1","text":"y"}]}`},
		{400, "invalid_id", "PUT", notes + "/documents", `{"documents":[{"id":"\u0000","text":"x"}]}`},
		{400, "invalid_request", "PUT", notes + "/documents", `{"documents":[]}`},
		{422, "invalid_request", "PUT", notes + "/documents", `{"documentz":[]}`},
		{422, "invalid_request", "PUT", notes + "/documents", `{"documents":[{"text":3}]}`},
		{400, "invalid_json", "PUT", notes + "/documents", `{"documents":[`},
		{400, "invalid_json", "PUT", notes + "/documents", `{"documents":[],"documents":[]}`},
		{400, "invalid_json", "PUT", notes + "/documents", "{\"documents\":[{\"text\":\"\xff\"}]}"},
		{400, "invalid_name", "PUT", "/v1/collections/a%20b/documents?create=true", `{"documents":[{"text":"x"}]}`},
		{400, "invalid_query", "POST", notes + "/search", `{"k":3}`},
		{422, "invalid_request", "POST", notes + "/search", `{"text":"x","k":-1}`},
		{400, "invalid_filter", "POST", notes + "/search", `{"text":"x","filter":"lang == 'ko'"}`},
		{400, "invalid_filter", "POST", notes + "/search", `{"text":"x","filter":{"a":1}}`},
		{400, "invalid_filter", "GET", notes + "/documents?filter=%28", ""},
		{422, "invalid_request", "POST", notes + "/search", `{"text":"x","fields":["body"]}`},
		{404, "no_route", "GET", "/v2", ""},
		{404, "no_route", "GET", "/v1/collections/notes/documents/1/2", ""},
		{405, "method_not_allowed", "DELETE", notes + "/search", ""},
	} {
		b.refused(c.status, c.code, c.method, c.path, c.body)
	}
	b.refused(415, "unsupported_media_type", "POST", notes+"/search", `a=b`, "Content-Type", "application/x-www-form-urlencoded")
	e := b.refused(400, "invalid_filter", "POST", notes+"/search", `{"text":"x","filter":"lang == 'ko'"}`, "X-Request-Id", "abc-1")
	if e["param"] != "filter" || e["hint"] == nil || e["request_id"] != "abc-1" {
		t.Error(e)
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	v := b.ask(200, "GET", "/openapi.json", "")
	if v["openapi"] != "3.1.0" {
		t.Fatal(v["openapi"])
	}
	paths := v["paths"].(map[string]any)
	for _, p := range []string{
		"/v1/collections", "/v1/collections/{collection}/search",
		"/v1/collections/{collection}/documents", "/v1/collections/{collection}/documents/upload",
	} {
		if paths[p] == nil {
			t.Errorf("%s is not described", p)
		}
	}
	// Every reference has a schema.
	_, text, _ := b.do("GET", "/openapi.json", "")
	schemas := v["components"].(map[string]any)["schemas"].(map[string]any)
	for _, part := range strings.Split(text, `"$ref":"#/components/schemas/`)[1:] {
		if name, _, _ := strings.Cut(part, `"`); schemas[name] == nil {
			t.Errorf("the schema %s is missing", name)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, p := range []string{"/livez", "/readyz", "/healthz"} {
		if status, got, _ := b.do("GET", p, ""); status != 200 || got != "ok\n" {
			t.Errorf("%s: %d %q", p, status, got)
		}
	}
	b.s.Stop()
	for p, want := range map[string]int{"/livez": 200, "/readyz": 503, "/healthz": 503} {
		if status, _, _ := b.do("GET", p, ""); status != want {
			t.Errorf("%s after Stop: %d, want %d", p, status, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	b.ask(200, "POST", notes+"/search", `{"text":"봄"}`)
	status, got, _ := b.do("GET", "/metrics", "")
	for _, want := range []string{
		`frony_http_requests_total{method="POST",route="POST /v1/collections/{collection}/search",status="200"} 1`,
		`frony_documents{collection="notes"} 3`,
		`frony_search_stage_seconds_count{stage="rerank"} 1`,
		`frony_ready 1`, `go_goroutines`,
	} {
		if status != 200 || !strings.Contains(got, want) {
			t.Errorf("%d, no %s", status, want)
		}
	}
}

// Requests with former names are understood for one more version.
func TestFormerNames(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	if info := b.ask(201, "POST", "/v1/collections", `{"name":"mine","dims":3,"given":true}`); info["dims"] != json.Number("3") || info["model"] != nil {
		t.Error(info)
	}
	b.ask(200, "PUT", "/v1/collections/mine/documents", `{"documents":[{"id":"1","embedding":[1,0,0]}]}`)
	b.ask(200, "POST", "/v1/collections/mine/search", `{"embedding":[1,0,0],"ef":50}`)
	if info := b.ask(201, "POST", "/v1/collections", `{"name":"now","dims":3,"precomputed":true}`); info["model"] != nil {
		t.Error(info)
	}
	b.ask(200, "POST", "/v1/collections/mine/search", `{"embedding":[1,0,0],"ef_search":50}`)
}

// However a document is written and read, it keeps the time of its expiry.
func TestExpires(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	const at = "2131-02-03T04:05:06.000007Z"
	b.ask(200, "PUT", notes+"/documents?create=true", `{"documents":[{"id":"a","text":"곧 사라질 글","expires":"2131-02-03T13:05:06.000007+09:00"},{"id":"b","text":"stays"}]}`)
	b.do("POST", notes+"/documents/upload", `{"id":"c","text":"uploaded","expires":"`+at+`"}`)
	for _, id := range []string{"a", "c"} {
		if d := b.ask(200, "GET", notes+"/documents/"+id, ""); d["expires"] != at {
			t.Error(d)
		}
	}
	if d := b.ask(200, "GET", notes+"/documents/b", ""); d["expires"] != nil {
		t.Error(d)
	}
	if m := b.list(b.ask(200, "POST", notes+"/search", `{"text":"곧 사라질 글","k":1}`)["matches"]); m[0].(map[string]any)["expires"] != at {
		t.Error(m)
	}
	b.refused(422, "invalid_request", "PUT", notes+"/documents", `{"documents":[{"text":"x","expires":"tomorrow"}]}`)
	_, got, _ := b.do("POST", notes+"/documents/upload", `{"text":"x","expires":"tomorrow"}`)
	if !strings.Contains(got, `"invalid_json"`) || strings.Contains(got, "Go") {
		t.Error(got)
	}
}

// A document is returned as the same bytes each time.
func TestMetadataInOrder(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"1","text":"x","metadata":{"e":5,"b":2,"d":4,"a":1,"c":3}}]}`)
	for range 10 {
		if _, got, _ := b.do("GET", notes+"/documents/1", ""); !strings.Contains(got, `{"a":1,"b":2,"c":3,"d":4,"e":5}`) {
			t.Fatal(got)
		}
	}
}
