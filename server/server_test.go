package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/server"
)

func start(t *testing.T) (*server.Server, string) {
	t.Helper()
	d, err := db.Open(t.TempDir(), &db.Options{Embedder: embeddertest.New(384, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(d, nil)
	ts := httptest.NewServer(s)
	t.Cleanup(func() {
		ts.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, ts.URL
}

func post(t *testing.T, url, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	var v map[string]any
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, v
}

func TestInsertAndSearch(t *testing.T) {
	s, url := start(t)
	status, v := post(t, url+"/v1/collections/notes/documents",
		`{"documents":[{"id":"1","text":"서울의 봄","metadata":{"lang":"ko"}},{"id":"2","text":"winter in Busan"}]}`)
	if status != http.StatusOK || len(v["ids"].([]any)) != 2 {
		t.Fatal(status, v)
	}
	status, v = post(t, url+"/v1/collections/notes/search", `{"text":"서울의 봄","k":1,"filter":"lang = \"ko\""}`)
	if status != http.StatusOK || v["matches"].([]any)[0].(map[string]any)["id"] != "1" {
		t.Fatal(status, v)
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/nothing": 404} {
		r, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, r.StatusCode, want)
		}
	}
	s.Stop()
	r, err := http.Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("GET /readyz after Stop: %d", r.StatusCode)
	}
}

func TestErrors(t *testing.T) {
	_, url := start(t)
	for _, c := range []struct{ path, body, code string }{
		{"/v1/collections/none/search", `{"text":"x"}`, "no_collection"},
		{"/v1/collections/a/documents", `{"documents":[{"id":"1"}]}`, "invalid_text"},
		{"/v1/collections/a/documents", `{"documents":[{"id":"1","embedding":[1,2]}]}`, "invalid_embedding"},
		{"/v1/collections/a/documents", `{"documentz":[]}`, "invalid_json"},
		{"/v1/collections/a%20b/documents", `{"documents":[]}`, "invalid_name"},
		{"/v1/collections/a/search", `{"k":3}`, "invalid_query"},
		{"/v1/collections/a/search", `{"text":"x","k":-1}`, "invalid_query"},
	} {
		status, v := post(t, url+c.path, c.body)
		e, _ := v["error"].(map[string]any)
		if status < 400 || status > 499 || e["code"] != c.code {
			t.Errorf("POST %s %s: %d %v, want %s", c.path, c.body, status, v, c.code)
		}
	}
}
