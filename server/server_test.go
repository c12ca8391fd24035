package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/embeddertest"
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
	d, err := db.Open(t.TempDir(), &db.Options{Embedder: e})
	if err != nil {
		t.Fatal(err)
	}
	if o == nil {
		o = &server.Options{}
	}
	o.Embedder = e
	s, err := server.New(d, o)
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

func TestDocuments(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	d := b.ask(200, "GET", notes+"/documents/1", "")
	m := d["metadata"].(map[string]any)
	if d["text"] != "서울의 봄은 짧다" || m["big"] != json.Number("9007199254740993") || d["embedding"] != nil || d["created"] == nil {
		t.Fatal(d)
	}
	if d := b.ask(200, "GET", notes+"/documents/3%2Fx?fields=embedding", ""); len(b.list(d["embedding"])) != 384 || d["text"] != nil {
		t.Fatal(d)
	}
	if d := b.ask(200, "GET", notes+"/documents/2", ""); d["source"] != "s.md" || d["chunk"] != json.Number("3") {
		t.Fatal(d)
	}
	b.refused(404, "not_found", "GET", notes+"/documents/none", "")
	b.refused(409, "exists", "POST", notes+"/documents", `{"documents":[{"id":"9","text":"new"},{"id":"1","text":"taken"}]}`)
	b.refused(404, "not_found", "GET", notes+"/documents/9", "") // all or none
	ids := b.list(b.ask(201, "POST", notes+"/documents", `{"documents":[{"text":"a name is made up"}]}`)["ids"])
	if len(ids) != 1 || ids[0] == "" {
		t.Fatal(ids)
	}
	got := b.ask(200, "POST", notes+"/documents/get", `{"ids":["2","none","1"],"fields":[]}`)
	docs, missing := b.list(got["documents"]), b.list(got["missing"])
	if len(docs) != 2 || docs[0].(map[string]any)["id"] != "2" || docs[0].(map[string]any)["text"] != nil || len(missing) != 1 || missing[0] != "none" {
		t.Fatal(got)
	}
	count := func(body string) any { return b.ask(200, "POST", notes+"/documents/count", body)["count"] }
	if n := count(`{}`); n != json.Number("4") {
		t.Fatal(n)
	}
	if n := count(`{"filter":{"field":"year","op":">=","value":2021}}`); n != json.Number("1") {
		t.Fatal(n)
	}
	source := func(body string) map[string]any { return b.ask(200, "POST", notes+"/documents/source", body) }
	if r := source(`{"source":"f.md","documents":[{"text":"first"},{"text":"second"}]}`); r["written"] != json.Number("2") || b.list(r["ids"])[1] != "f.md#1" {
		t.Fatal(r)
	}
	if r := source(`{"source":"f.md","documents":[{"text":"first"}]}`); r["unchanged"] != json.Number("1") || r["deleted"] != json.Number("1") {
		t.Fatal(r)
	}
	if r := source(`{"source":"f.md","documents":[]}`); r["deleted"] != json.Number("1") || len(b.list(r["ids"])) != 0 {
		t.Fatal(r)
	}
	del := func(body string) any { return b.ask(200, "POST", notes+"/documents/delete", body)["deleted"] }
	if n := del(`{"filter":"lang = 'en'"}`); n != json.Number("1") {
		t.Fatal(n)
	}
	if n := del(`{"ids":["1","none"]}`); n != json.Number("1") {
		t.Fatal(n)
	}
	if n := b.ask(200, "DELETE", notes+"/documents/3%2Fx", "")["deleted"]; n != json.Number("1") {
		t.Fatal(n)
	}
	if n := b.ask(200, "DELETE", notes+"/documents/3%2Fx", "")["deleted"]; n != json.Number("0") {
		t.Fatal(n)
	}
	b.refused(400, "invalid_request", "POST", notes+"/documents/delete", `{}`)
	b.refused(400, "invalid_request", "POST", notes+"/documents/delete", `{"ids":["a"],"filter":"TRUE"}`)
	if n := del(`{"filter":"TRUE"}`); n != json.Number("1") {
		t.Fatal(n)
	}
}

func TestUpsertInChunks(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	long := strings.Repeat("서울의 봄은 짧다. ", 20)
	put := func(text, chunk string) map[string]any {
		return b.ask(200, "PUT", notes+"/documents", `{"documents":[{"id":"long","text":"`+text+`"}],"chunk":`+chunk+`}`)
	}
	v := put(long, `{"tokens":40,"overlap":0}`)
	ids := b.list(v["ids"])
	if len(ids) < 3 || ids[1] != "long#1" || v["written"] != json.Number(strconv.Itoa(len(ids))) || v["deleted"] != nil {
		t.Fatal(v)
	}
	doc := b.ask(200, "GET", notes+"/documents/long%231", "")
	if doc["source"] != "long" || doc["chunk"] != json.Number("1") || doc["metadata"].(map[string]any)["chunk_start"] == nil {
		t.Error(doc)
	}
	if again := put(long, `{"tokens":40,"overlap":0}`); again["unchanged"] != json.Number(strconv.Itoa(len(ids))) || again["written"] != nil {
		t.Error(again)
	}
	if short := put("# 봄", `{"format":"markdown"}`); len(b.list(short["ids"])) != 1 || short["deleted"] != json.Number(strconv.Itoa(len(ids))) {
		t.Error(short)
	}
	b.refused(400, "invalid_options", "PUT", notes+"/documents", `{"documents":[{"id":"long","text":"x"}],"chunk":{"tokens":10,"overlap":9}}`)
	b.refused(422, "invalid_request", "PUT", notes+"/documents", `{"documents":[{"id":"long","text":"x"}],"chunk":{"format":"pdf"}}`)
}

func TestInsertInChunks(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	long := strings.Repeat("서울의 봄은 짧다. ", 20)
	insert := func(id string) string {
		return `{"documents":[{"id":"` + id + `","text":"` + long + `"}],"chunk":{"tokens":40,"overlap":0}}`
	}
	ids := b.list(b.ask(201, "POST", notes+"/documents", insert("long"))["ids"])
	// Upserting the same again changes nothing.
	if v := b.ask(200, "PUT", notes+"/documents", insert("long")); len(ids) < 3 || !reflect.DeepEqual(v["ids"], any(ids)) || v["unchanged"] != json.Number(strconv.Itoa(len(ids))) {
		t.Error(ids, v)
	}
	for _, id := range []string{"long", "1", "s.md"} { // in chunks, whole, of other chunks
		if e := b.refused(409, "exists", "POST", notes+"/documents", insert(id)); !strings.Contains(e["message"].(string), strconv.Quote(id)) || e["hint"] == nil {
			t.Error(e)
		}
	}
	b.refused(400, "invalid_options", "POST", notes+"/documents", `{"documents":[{"text":"x"}],"chunk":{"tokens":10,"overlap":9}}`)
	b.ask(201, "POST", notes+"/documents", insert("again"), "Idempotency-Key", "k")
	b.ask(201, "POST", notes+"/documents", insert("again"), "Idempotency-Key", "k")
}

func TestScanInPages(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var docs []map[string]any
	for i := range 25 {
		docs = append(docs, map[string]any{"id": string(rune('가' + i)), "text": "x", "metadata": map[string]any{"i": i}})
	}
	body, err := json.Marshal(map[string]any{"documents": docs})
	if err != nil {
		t.Fatal(err)
	}
	b.ask(200, "PUT", notes+"/documents?create=true", string(body))
	var ids []string
	next := ""
	for pages := 0; ; pages++ {
		v := b.ask(200, "GET", notes+"/documents?limit=10&filter=i%20%3C%2020&fields=metadata&cursor="+next, "")
		for _, d := range b.list(v["documents"]) {
			ids = append(ids, d.(map[string]any)["id"].(string))
		}
		if v["next"] == nil {
			if pages != 1 {
				t.Errorf("20 documents came in %d pages of 10", pages+1)
			}
			break
		}
		next = v["next"].(string)
	}
	if want := "가각갂갃간갅갆갇갈갉갊갋갌갍갎갏감갑값갓"; strings.Join(ids, "") != want {
		t.Fatalf("%v, want %s", ids, want)
	}
	b.refused(400, "invalid_cursor", "GET", notes+"/documents?cursor=%21", "")
	b.refused(400, "limit_exceeded", "GET", notes+"/documents?limit=100000", "")
	b.refused(422, "invalid_request", "GET", notes+"/documents?limmit=1", "")
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
	if e["param"] != "body.queries[1].embedding" {
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
		{400, "invalid_metadata", "PUT", notes + "/documents", `{"documents":[{"text":"x","metadata":{"a":{"b":1}}}]}`},
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
	if e["param"] != "body.filter" || e["hint"] == nil || e["request_id"] != "abc-1" {
		t.Error(e)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"notes"}`)
	var in bytes.Buffer
	for i := range 1000 {
		switch i {
		case 500:
			in.WriteString("{not json\n")
		case 501:
			in.WriteString(`{"id":"x"}` + "\n")
		case 502:
			in.WriteString(`{"id":"0","text":"taken"}` + "\n")
		case 503:
			in.WriteString("\n")
		default:
			in.WriteString(`{"id":"` + strings.Repeat("0", i/300) + string(rune('가'+i)) + `","text":"line"}` + "\n")
		}
	}
	in.WriteString(`{"id":"0","text":"the last line has no end"}`)
	lines := func(query string) (codes map[string]int, end map[string]any) {
		t.Helper()
		status, got, _ := b.do("POST", notes+"/documents/upload"+query, in.String(), "Content-Type", "application/x-ndjson")
		if status != 200 {
			t.Fatal(status, got)
		}
		codes = map[string]int{}
		for line := range strings.Lines(got) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if v["done"] == true {
				end = v
				continue
			}
			code := "ok"
			if e, ok := v["error"].(map[string]any); ok {
				code = e["code"].(string)
			}
			codes[code]++
		}
		return codes, end
	}
	codes, end := lines("?mode=insert")
	if codes["ok"] != 997 || codes["invalid_json"] != 1 || codes["invalid_text"] != 1 || codes["exists"]+codes["duplicate_id"] != 1 ||
		end["written"] != 997.0 || end["rejected"] != 3.0 || end["lines"] != 1001.0 || end["error"] != nil {
		t.Fatal(codes, end)
	}
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"]; n != json.Number("997") {
		t.Fatal(n)
	}
	codes, end = lines("?results=errors")
	if codes["ok"] != 0 || end["rejected"] != 2.0 || end["written"] != 998.0 {
		t.Fatal(codes, end)
	}
	b.refused(404, "no_collection", "POST", "/v1/collections/none/documents/upload", `{}`)
	b.refused(400, "invalid_request", "POST", notes+"/documents/upload?mode=merge", `{}`)
	long := start(t, &server.Options{Limits: server.Limits{Line: 100}})
	_, got, _ := long.do("POST", notes+"/documents/upload?create=true", `{"text":"a"}`+"\n"+strings.Repeat("x", 200)+"\n")
	if !strings.Contains(got, `"too_large"`) || !strings.Contains(got, `"written":1`) {
		t.Fatal(got)
	}
}

// A stream in chunks stores the same as an upsert in chunks, answers each line under
// the id of its document, and can be sent again.
func TestUploadInChunks(t *testing.T) {
	t.Parallel()
	b := filled(t, nil)
	long := strings.Repeat("서울의 봄은 짧다. ", 20)
	lines := []string{
		`{"id":"a","text":"` + long + `"}`,
		`{"text":"# 봄\n\n` + long + `"}`,
		`{"id":"1","text":"` + long + `"}`, // stored whole before
		`{not json`,
		`{"id":"a","text":"# twice\n\n` + long + `"}`,
		`{"id":"short","text":"short"}`,
		`{"id":"p","text":"` + long + `","source":"book"}`,
	}
	upload := func(query string, want ...string) {
		t.Helper()
		status, got, _ := b.do("POST", notes+"/documents/upload?"+query, strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson")
		answers := map[float64]string{}
		for line := range strings.Lines(got) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if e, ok := v["error"].(map[string]any); ok {
				v["id"] = e["code"]
			}
			if v["done"] != true {
				answers[v["line"].(float64)], _ = v["id"].(string)
			}
		}
		if status != 200 || len(answers) != len(want) {
			t.Fatal(status, got)
		}
		for i, w := range want {
			if id := answers[float64(i+1)]; w == "" && len(id) != 36 || w != "" && id != w {
				t.Errorf("line %d: %s, want %s", i+1, id, w)
			}
		}
	}
	stored := func() (ids []string) {
		for _, d := range b.list(b.ask(200, "GET", notes+"/documents?limit=1000", "")["documents"]) {
			if id := d.(map[string]any)["id"].(string); len(id) < 36 {
				ids = append(ids, id)
			}
		}
		return ids
	}
	const query = "chunk=markdown&chunk_tokens=40&chunk_overlap=0"
	upload(query, "a", "", "1", "invalid_json", "a", "short", "p")
	got := stored()
	chunk := b.ask(200, "GET", notes+"/documents/a%231", "")
	if chunk["source"] != "a" || chunk["metadata"].(map[string]any)["title"] != "twice" || !slices.Contains(got, "short") || !slices.Contains(got, "p") || slices.Contains(got, "1") {
		t.Error(got, chunk)
	}
	upload(query, "a", "", "1", "invalid_json", "a", "short", "p")
	if again := stored(); !slices.Equal(again, got) {
		t.Errorf("sent again: %v, before %v", again, got)
	}
	upload(query+"&mode=insert", "exists", "", "exists", "invalid_json", "exists", "exists", "exists")
	if v := b.ask(200, "PUT", notes+"/documents", `{"documents":[`+lines[4]+`],"chunk":{"format":"markdown","tokens":40,"overlap":0}}`); v["written"] != nil || v["deleted"] != nil {
		t.Errorf("not what an upsert stores: %v", v)
	}
	for query, param := range map[string]string{
		"chunk=pdf": "query.chunk", "chunk": "query.chunk", "chunk_tokens=40": "query.chunk", "chunk_overlap=1": "query.chunk",
		"chunk=plain&chunk_tokens=-1": "query.chunk_tokens", "chunk=plain&chunk_overlap=": "query.chunk_overlap",
	} {
		if e := b.refused(400, "invalid_request", "POST", notes+"/documents/upload?"+query, lines[0]); e["param"] != param || e["hint"] == nil {
			t.Errorf("%s: %v", query, e)
		}
	}
	b.refused(400, "invalid_options", "POST", notes+"/documents/upload?chunk=plain&chunk_tokens=10&chunk_overlap=9", lines[0])
	described := fmt.Sprint(b.ask(200, "GET", "/openapi.json", "")["paths"].(map[string]any)["/v1/collections/{collection}/documents/upload"])
	for _, name := range []string{"chunk", "chunk_tokens", "chunk_overlap"} {
		if !strings.Contains(described, "name:"+name+" ") {
			t.Errorf("%s is not described", name)
		}
	}
}

// tally counts what it embeds.
type tally struct {
	*embeddertest.Fake
	texts atomic.Int64
}

func (c *tally) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	c.texts.Add(int64(len(texts)))
	return c.Fake.EmbedPassages(ctx, texts)
}

// The chunks of many long documents fit their transactions: a batch that did not
// would be embedded in vain.
func TestUploadInChunksEmbedsOnce(t *testing.T) {
	t.Parallel()
	e := &tally{Fake: embeddertest.New(384, 1)}
	b := startWith(t, e, nil)
	line := `{"text":"` + strings.Repeat("It rains today, says the forecast for the coast. ", 4000) + `"}` + "\n"
	b.do("POST", notes+"/documents/upload?create=true&chunk=plain&chunk_tokens=64&chunk_overlap=0", strings.Repeat(line, 6))
	if n := b.ask(200, "POST", notes+"/documents/count", `{}`)["count"].(json.Number); n != json.Number(fmt.Sprint(e.texts.Load())) || len(n) < 4 {
		t.Errorf("%d texts were embedded for %s chunks", e.texts.Load(), n)
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
