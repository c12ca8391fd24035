package server_test

import (
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// A database that an older model filled is served: by words and by embeddings, and
// every place where that is not enough says what to do.
func TestOlderModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := db.Open(dir, &db.Options{Embedder: embeddertest.New(384, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Collection(t.Context(), "secret-name", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "1", Text: "전입신고는 14일 안에 한다"}, db.Document{ID: "2", Text: "봄이 왔다"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	b := startIn(t, dir, embeddertest.New(384, 2), nil)
	b.ask(201, "POST", "/v1/collections", `{"name":"fresh"}`)
	const c1 = "/v1/collections/secret-name"
	for _, path := range []string{"/readyz", "/healthz"} {
		if status, got, _ := b.do("GET", path, ""); status != 200 || !strings.Contains(got, "degraded: 1 of 2") || !strings.Contains(got, "reembed") || strings.Contains(got, "secret-name") {
			t.Error(status, got)
		}
	}
	if _, got, _ := b.do("GET", "/metrics", ""); !strings.Contains(got, "frony_degraded_collections 1\n") || !strings.Contains(got, `frony_documents{collection="secret-name"} 2`) {
		t.Error(got)
	}
	if why, _ := b.ask(200, "GET", c1, "")["degraded"].(string); !strings.Contains(why, "reembed") {
		t.Error(why)
	}
	if b.ask(200, "GET", "/v1/collections/fresh", "")["degraded"] != nil {
		t.Error("the collection of the new model is degraded")
	}
	for _, mode := range []string{"", `,"mode":"hybrid"`, `,"mode":"lexical"`} {
		r := b.ask(200, "POST", c1+"/search", `{"text":"전입신고 14일"`+mode+`}`)
		if m := b.list(r["matches"]); len(m) != 1 || r["mode"] != "lexical" || (r["warnings"] != nil) != !strings.Contains(mode, "lexical") {
			t.Errorf("%s: %v", mode, r)
		}
	}
	vec := b.list(b.ask(200, "GET", c1+"/documents/2?fields=embedding", "")["embedding"])
	if r := b.ask(200, "POST", c1+"/search", `{"embedding":`+encode(t, vec)+`,"k":1}`); b.list(r["matches"])[0].(map[string]any)["id"] != "2" {
		t.Error(r)
	}
	for _, q := range []struct{ method, path, body string }{
		{"POST", "/search", `{"text":"x","mode":"dense"}`},
		{"POST", "/search", `{"text":"x","min_cosine":0.3}`},
		{"PUT", "/documents", `{"documents":[{"id":"3","text":"새 문서"}]}`},
		{"POST", "/documents", `{"documents":[{"id":"3","text":"새 문서","embedding":` + encode(t, vec) + `}]}`},
		{"POST", "/documents/source", `{"source":"s","documents":[{"text":"새 문서"}]}`},
	} {
		if e := b.refused(409, "model_mismatch", q.method, c1+q.path, q.body); !strings.Contains(e["hint"].(string), "frony-db reembed") {
			t.Errorf("%s: %v", q.body, e)
		}
	}
	if _, got, _ := b.do("POST", c1+"/documents/upload", `{"id":"3","text":"새 문서"}`+"\n"); !strings.Contains(got, "model_mismatch") || !strings.Contains(got, `"rejected":1`) {
		t.Error(got)
	}
	b.ask(200, "PUT", c1+"/documents", `{"documents":[{"id":"2","text":"봄이 왔다","metadata":{"lang":"ko"}}]}`)
	b.ask(200, "DELETE", c1+"/documents/2", "")
}
