package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/server"
)

// sided embeds queries differently, so that a mistaken role shows.
type sided struct{ *embeddertest.Fake }

func (s sided) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	return s.Fake.EmbedQuery(ctx, "question "+text)
}

func near(t *testing.T, got []any, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d dimensions, want %d", len(got), len(want))
	}
	for i := range want {
		x, err := got[i].(json.Number).Float64()
		if err != nil || math.Abs(x-float64(want[i])) > 1e-6 {
			t.Fatalf("dimension %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// embedding is the model's embedding of a text, cut to dims.
func embedding(t *testing.T, text string, dims int) []float32 {
	t.Helper()
	v, err := embeddertest.New(384, 1).EmbedQuery(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, x := range v[:dims] {
		sum += float64(x) * float64(x)
	}
	out := make([]float32, dims)
	for i := range out {
		out[i] = float32(float64(v[i]) / math.Sqrt(sum))
	}
	return out
}

func TestOpenAI(t *testing.T) {
	t.Parallel()
	b := startWith(t, sided{embeddertest.New(384, 1)}, nil)
	const path = "/v1/embeddings"
	first := func(body string) any {
		t.Helper()
		v := b.ask(200, "POST", path, body)
		d := b.list(v["data"])
		if v["object"] != "list" || v["usage"] == nil || v["model"] != "embeddertest/fake" || len(d) == 0 {
			t.Fatal(v)
		}
		return d[0].(map[string]any)["embedding"]
	}
	near(t, first(`{"input":"봄","model":"frony-passage","user":"u","extra":1}`).([]any), embedding(t, "봄", 384))
	near(t, first(`{"input":["봄","b"]}`).([]any), embedding(t, "봄", 384))
	near(t, first(`{"input":"봄","dimensions":192}`).([]any), embedding(t, "봄", 192))
	near(t, first(`{"input":"봄","dimensions":384,"input_type":"document"}`).([]any), embedding(t, "봄", 384))
	near(t, first(`{"input":"봄","input_type":"query"}`).([]any), embedding(t, "question 봄", 384))
	near(t, first(`{"input":"봄","model":"frony-query","dimensions":192}`).([]any), embedding(t, "question 봄", 192))
	raw, err := base64.StdEncoding.DecodeString(first(`{"input":"봄","encoding_format":"base64","dimensions":192}`).(string))
	if err != nil || len(raw) != 4*192 {
		t.Fatal(len(raw), err)
	}
	for i, want := range embedding(t, "봄", 192) {
		if got := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])); math.Abs(float64(got-want)) > 1e-6 {
			t.Fatalf("dimension %d: %v, want %v", i, got, want)
		}
	}
	for _, c := range []struct {
		status     int
		code, body string
	}{
		{400, "invalid_dimensions", `{"input":"a","dimensions":128}`},
		{400, "invalid_dimensions", `{"input":"a","dimensions":-1}`},
		{404, "model_not_found", `{"input":"a","model":"text-embedding-3-small"}`},
		{404, "model_not_found", `{"input":"a","model":"http://169.254.169.254/"}`},
		{400, "invalid_request", `{"input":"a","model":"frony-query","input_type":"passage"}`},
		{400, "invalid_request", `{"input":"a","input_type":"classification"}`},
		{400, "invalid_request", `{"input":"a","encoding_format":"int8"}`},
		{400, "invalid_request", `{"input":[1,2,3]}`},
		{400, "invalid_request", `{"input":[[1],[2]]}`},
		{400, "invalid_request", `{"input":[]}`},
		{400, "invalid_request", `{}`},
		{400, "invalid_text", `{"input":["a",""]}`},
		{400, "invalid_json", `{"input":`},
		{400, "invalid_request", `{"input":"a","dimensions":"192"}`},
		{400, "limit_exceeded", `{"input":["a"` + strings.Repeat(`,"a"`, 2048) + `]}`},
	} {
		b.refused(c.status, c.code, "POST", path, c.body)
	}
	models := b.list(b.ask(200, "GET", "/v1/models", "")["data"])
	if len(models) != 3 {
		t.Fatal(models)
	}
	b.ask(200, "GET", "/v1/models/frony-query", "")
	b.ask(200, "GET", "/v1/models/embeddertest/fake", "")
	b.refused(404, "model_not_found", "GET", "/v1/models/gpt", "")
}

// Weaviate's Go client sends no Content-Type, and fields of the answer in the
// request.
func TestWeaviate(t *testing.T) {
	t.Parallel()
	b := startWith(t, sided{embeddertest.New(384, 1)}, nil)
	for _, path := range []string{"/.well-known/live", "/.well-known/ready"} {
		if status, _, _ := b.do("GET", path, ""); status != http.StatusNoContent {
			t.Errorf("%s: %d", path, status)
		}
	}
	if v := b.ask(200, "GET", "/meta", ""); v["model_path"] != "embeddertest/fake" {
		t.Error(v)
	}
	vectors := func(path, task string) map[string]any {
		t.Helper()
		body := `{"text":"봄","dims":0,"vector":null,"error":"","config":{"pooling_strategy":"masked_mean","task_type":"` + task + `"}}`
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var v map[string]any
		d := json.NewDecoder(res.Body)
		d.UseNumber()
		if err := d.Decode(&v); err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, err)
		}
		return v
	}
	for _, path := range []string{"/vectors", "/vectors/"} {
		v := vectors(path, "passage")
		near(t, b.list(v["vector"]), embedding(t, "봄", 384))
		if v["dim"] != json.Number("384") || v["dims"] != json.Number("384") || v["text"] != "봄" {
			t.Fatal(v)
		}
		near(t, b.list(vectors(path, "query")["vector"]), embedding(t, "question 봄", 384))
	}
	v := b.ask(200, "POST", "/vectors", `{"text":"봄","config":{"dimensions":192}}`)
	near(t, b.list(v["vector"]), embedding(t, "봄", 192))
	if v := b.ask(400, "POST", "/vectors", `{"text":"봄","config":{"dimensions":128}}`); !strings.Contains(v["error"].(string), "192") {
		t.Fatal(v)
	}
	b.ask(400, "POST", "/vectors", `{"text":""}`)
	k := keyed(t, nil)
	k.key = ""
	if v := k.ask(401, "POST", "/vectors", `{"text":"x"}`); !strings.Contains(v["error"].(string), "key") {
		t.Fatal(v)
	}
}

func TestTEI(t *testing.T) {
	t.Parallel()
	b := startWith(t, sided{embeddertest.New(384, 1)}, nil)
	embed := func(body string) []any {
		t.Helper()
		status, got, _ := b.do("POST", "/embed", body)
		var v []any
		d := json.NewDecoder(strings.NewReader(got))
		d.UseNumber()
		if err := d.Decode(&v); status != 200 || err != nil {
			t.Fatal(status, got)
		}
		return v
	}
	near(t, b.list(embed(`{"inputs":"봄","truncate":true}`)[0]), embedding(t, "봄", 384))
	near(t, b.list(embed(`{"inputs":["a","봄"],"normalize":true,"prompt_name":"query"}`)[1]), embedding(t, "question 봄", 384))
	if v := b.ask(422, "POST", "/embed", `{"inputs":"a","prompt_name":"classification"}`); v["error_type"] != "Validation" {
		t.Fatal(v)
	}
	b.ask(422, "POST", "/embed", `{"inputs":"a","normalize":false}`)
	if v := b.ask(200, "GET", "/info", ""); v["model_id"] != "embeddertest/fake" || v["max_input_length"] != json.Number("262144") {
		t.Fatal(v)
	}
	if status, _, _ := b.do("GET", "/health", ""); status != 200 {
		t.Error(status)
	}
}

// keyTransport adds a key to each request of a client.
type keyTransport struct{ key string }

func (k keyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+k.key)
	return http.DefaultTransport.RoundTrip(r)
}

// connect is the official SDK's client at the server's endpoint.
func connect(t *testing.T, b *bench) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: b.url + "/mcp", HTTPClient: &http.Client{Transport: keyTransport{b.key}}, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func tools(t *testing.T, session *mcp.ClientSession) string {
	t.Helper()
	var names []string
	for tool, err := range session.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, tool.Name)
	}
	return strings.Join(names, " ")
}

// use calls a tool and returns its structured answer, or the text of its error.
func use(t *testing.T, session *mcp.ClientSession, tool string, args map[string]any) (map[string]any, string) {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		return nil, err.Error()
	}
	text := ""
	for _, c := range res.Content {
		text += c.(*mcp.TextContent).Text
	}
	if res.IsError {
		return nil, text
	}
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	structured, err := json.Marshal(res.StructuredContent)
	if err != nil || !bytes.Contains(structured, []byte("{")) {
		t.Fatal(string(structured), err)
	}
	return v, ""
}

func exerciseMCP(t *testing.T, session *mcp.ClientSession) {
	t.Helper()
	if got, fault := use(t, session, "upsert", map[string]any{"collection": "mine", "documents": []any{
		map[string]any{
			"id": "1", "text": "서울의 봄", "expires": "2131-02-03T04:05:06.000007Z",
			"metadata": map[string]any{"lang": "ko", "big": json.Number("9007199254740993"), "whole": json.Number("2.0")},
		},
		map[string]any{"text": "winter in Busan"},
	}}); fault != "" || len(got["ids"].([]any)) != 2 {
		t.Fatal(got, fault)
	}
	got, fault := use(t, session, "search", map[string]any{"collection": "mine", "text": "봄 서울의", "filter": `lang = "ko"`, "k": json.Number("3.0")})
	if fault != "" {
		t.Fatal(fault)
	}
	if ms := got["matches"].([]any); len(ms) != 1 || ms[0].(map[string]any)["id"] != "1" || ms[0].(map[string]any)["text"] != "서울의 봄" {
		t.Fatal(got)
	}
	got, fault = use(t, session, "get", map[string]any{"collection": "mine", "ids": []any{"1", "none"}})
	if fault != "" || len(got["documents"].([]any)) != 1 || got["missing"].([]any)[0] != "none" {
		t.Fatal(got, fault)
	}
	const stored = `[map[expires:2131-02-03T04:05:06.000007Z id:1 metadata:map[big:9007199254740993 lang:ko whole:2.0] text:서울의 봄]]`
	if s := fmt.Sprint(got["documents"]); s != stored {
		t.Errorf("%s\nwant %s", s, stored)
	}
	if got, fault := use(t, session, "list_collections", nil); fault != "" || got["collections"].([]any)[0].(map[string]any)["name"] != "mine" {
		t.Fatal(got, fault)
	}
	for tool, args := range map[string]map[string]any{
		"search":  {"collection": "none", "text": "x"},
		"get":     {"collection": "mine"},
		"delete":  {"collection": "mine", "ids": []any{}},
		"upsert":  {"collection": "mine", "documents": []any{map[string]any{"id": "2", "text": ""}}},
		"nothing": {},
	} {
		if got, fault := use(t, session, tool, args); fault == "" {
			t.Errorf("%s %v: %v", tool, args, got)
		}
	}
	if _, fault := use(t, session, "search", map[string]any{"collection": "mine", "text": "x", "filter": "lang == 'ko'"}); !strings.Contains(fault, "did you mean") {
		t.Errorf("the error has no hint: %s", fault)
	}
	if got, fault := use(t, session, "delete", map[string]any{"collection": "mine", "ids": []any{"1", "none"}}); fault != "" || got["deleted"] != json.Number("1") {
		t.Fatal(got, fault)
	}
}

func TestMCPOverHTTP(t *testing.T) {
	t.Parallel()
	b := keyed(t, &server.Options{MCPWrites: true})
	b.key = secrets["scoped"]
	session := connect(t, b)
	if got := tools(t, session); got != "delete facets get list list_collections search update upsert" {
		t.Fatal(got)
	}
	exerciseMCP(t, session)
	for _, tool := range []string{"search", "get", "upsert", "update", "delete"} {
		if got, fault := use(t, session, tool, map[string]any{
			"search": map[string]any{"collection": "notes", "text": "x"},
			"get":    map[string]any{"collection": "notes", "ids": []any{"1"}},
			"upsert": map[string]any{"collection": "notes", "documents": []any{map[string]any{"text": "x"}}},
			"update": map[string]any{"collection": "notes", "ids": []any{"1"}, "source": "x"},
			"delete": map[string]any{"collection": "notes", "ids": []any{"1"}},
		}[tool].(map[string]any)); !strings.Contains(fault, "forbidden") {
			t.Errorf("%s of another's collection: %v %s", tool, got, fault)
		}
	}
	b.key = secrets["reader"]
	if got := tools(t, connect(t, b)); got != "facets get list list_collections search" {
		t.Errorf("a key that reads has the tools %s", got)
	}
	b.key = ""
	b.refused(401, "no_key", "POST", "/mcp", `{}`)
	b.refused(405, "method_not_allowed", "GET", "/mcp", "")
	off := keyed(t, nil)
	if got := tools(t, connect(t, off)); got != "facets get list list_collections search" {
		t.Errorf("writes are off, and the tools are %s", got)
	}
}

// brief is a model that reads 20 tokens of a text.
type brief struct{ *embeddertest.Fake }

func (b brief) Spec() embedder.Spec {
	s := b.Fake.Spec()
	s.MaxTokens = 20
	return s
}

func (brief) CountTokens(text string) int { return len(strings.Fields(text)) }

// Texts that are too long for the model, and all texts on request, are stored in
// chunks; the others are stored whole.
func TestMCPInChunks(t *testing.T) {
	t.Parallel()
	b := startWith(t, brief{embeddertest.New(384, 1)}, &server.Options{MCPWrites: true})
	b.ask(201, "POST", "/v1/collections", `{"name":"mine"}`)
	session := connect(t, b)
	sentences := func(n int) string { return strings.Repeat("It rains today. ", n) }
	upsert := func(with map[string]any, docs ...map[string]any) string {
		t.Helper()
		with["collection"], with["documents"] = "mine", docs
		got, fault := use(t, session, "upsert", with)
		if fault != "" {
			return fault
		}
		return fmt.Sprint(got["ids"])
	}
	stored := func() string {
		t.Helper()
		var all []string
		for _, d := range b.list(b.ask(200, "GET", "/v1/collections/mine/documents", "")["documents"]) {
			d := d.(map[string]any)
			all = append(all, fmt.Sprintf("%s:%v", d["id"], d["source"]))
		}
		return strings.Join(all, " ")
	}
	type m = map[string]any
	for _, step := range []struct {
		with          m
		docs          []m
		answer, after string
	}{
		{m{}, []m{{"id": "a", "text": sentences(6)}, {"id": "part", "text": "x", "source": "a"}}, "[a part]", "a:<nil> part:a"},
		// Short ones are stored as they are: what has another one's id as its source stays.
		{m{}, []m{{"id": "a", "text": sentences(5)}}, "[a]", "a:<nil> part:a"},
		{m{}, []m{{"id": "b", "text": sentences(12)}}, "[b#0 b#1]", "a:<nil> b#0:b b#1:b part:a"},
		{m{}, []m{{"id": "b", "text": "now short"}}, "[b]", "a:<nil> b:b part:a"},
		{m{"chunk": true, "max_tokens": 6}, []m{{"id": "b", "text": sentences(6)}}, "[b#0 b#1 b#2]", "a:<nil> b#0:b b#1:b b#2:b part:a"},
		{m{"max_tokens": 9}, []m{{"id": "b", "text": sentences(6)}}, "[b#0 b#1]", "a:<nil> b#0:b b#1:b part:a"},
		{m{"chunk": true}, []m{{"id": "b", "text": sentences(6)}}, "[b]", "a:<nil> b:b part:a"},
		// A long one beside it changes nothing for a.
		{m{}, []m{{"id": "a", "text": "x"}, {"id": "c", "text": sentences(12)}}, "[c#0 c#1 a]", "a:<nil> b:b c#0:c c#1:c part:a"},
	} {
		if answer := upsert(step.with, step.docs...); answer != step.answer {
			t.Errorf("%v: %s, want %s", step.with, answer, step.answer)
		}
		if after := stored(); after != step.after {
			t.Errorf("%v: %s, want %s", step.with, after, step.after)
		}
	}
	if fault := upsert(m{}, m{"id": "d", "text": "x"}, m{"id": "d", "text": sentences(12)}); !strings.Contains(fault, "twice") {
		t.Error(fault)
	}
	if fault := upsert(m{"max_tokens": 21}, m{"text": "x"}); !strings.Contains(fault, "reads 20 at most") {
		t.Error(fault)
	}
	if fault := upsert(m{"max_tokens": -1}, m{"text": "x"}); !strings.Contains(fault, "invalid_options") {
		t.Error(fault)
	}
}

func TestMCPInMemory(t *testing.T) {
	t.Parallel()
	b := start(t, &server.Options{MCPWrites: true})
	b.ask(201, "POST", "/v1/collections", `{"name":"mine"}`)
	here, there := mcp.NewInMemoryTransports()
	go func() { _ = b.s.MCP().Run(t.Context(), here) }()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), there, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	exerciseMCP(t, session)
}
