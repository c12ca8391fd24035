package opensearch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/enginetest"
)

// raw sends a request to the first node of a database, and decodes the answer.
func raw(t *testing.T, url, method, path, body string, into any) int {
	t.Helper()
	hosts, _, _ := strings.Cut(strings.TrimPrefix(url, "opensearch://"), "/")
	host, _, _ := strings.Cut(hosts, ",")
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return res.StatusCode
}

func prefixOf(url string) string {
	_, prefix, _ := strings.Cut(strings.TrimPrefix(url, "opensearch://"), "/")
	prefix, _, _ = strings.Cut(prefix, "?")
	return prefix
}

func notes(t *testing.T, url string) engine.Collection {
	t.Helper()
	c, err := enginetest.Open(t, url, &db.Options{Embedder: embeddertest.New(16, 1)}).Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A request that comes late, after others have written and deleted, changes nothing.
func TestLateWrites(t *testing.T) {
	url := database(t)
	c := notes(t, url)
	if _, err := c.Insert(t.Context(), db.Document{ID: "a", Text: "하나"}); err != nil {
		t.Fatal(err)
	}
	var found struct {
		Hits struct {
			Hits []struct {
				ID    string `json:"_id"`
				Index string `json:"_index"`
			} `json:"hits"`
		} `json:"hits"`
	}
	raw(t, url, http.MethodGet, "/"+prefixOf(url)+"-c-*/_search", "", &found)
	if len(found.Hits.Hits) != 1 {
		t.Fatalf("%d documents in the index", len(found.Hits.Hits))
	}
	slot := "/" + found.Hits.Hits[0].Index + "/_doc/" + found.Hits.Hits[0].ID
	if n, err := c.Delete(t.Context(), "a"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if code := raw(t, url, http.MethodPut, slot+"?op_type=create", `{"key": "a", "tx": 0}`, nil); code != http.StatusConflict {
		t.Errorf("a late creation: %d, want a conflict", code)
	}
	if code := raw(t, url, http.MethodPut, slot+"?if_seq_no=0&if_primary_term=1", `{"key": "a", "tx": 0}`, nil); code != http.StatusConflict {
		t.Errorf("a late change: %d, want a conflict", code)
	}
	if n, err := c.Delete(t.Context(), "a"); n != 0 || err != nil {
		t.Errorf("deleted again: %d, %v", n, err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "a", Text: "둘"}); err != nil {
		t.Error(err)
	}
	if docs, err := c.GetFields(t.Context(), 0, "a"); err != nil || docs[0].Text != "둘" {
		t.Errorf("%v, %v", docs, err)
	}
}

// A dropped collection's writers do not write to one of the same name.
func TestDropped(t *testing.T) {
	url := database(t)
	d := enginetest.Open(t, url, &db.Options{Embedder: embeddertest.New(16, 1)})
	old, err := d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Drop(t.Context(), "notes"); err != nil {
		t.Fatal(err)
	}
	fresh, err := d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Upsert(t.Context(), db.Document{ID: "a", Text: "x"}); !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("a write to a dropped collection: %v", err)
	}
	if n, err := fresh.Count(t.Context(), filter.All()); n != 0 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// A transaction whose process has ended is given up by another, and its documents are
// never seen.
func TestAbandoned(t *testing.T) {
	url := database(t) + "?timeout=2s"
	c := notes(t, url)
	if _, err := c.ReplaceSource(t.Context(), "a.md", db.Document{Text: "하나"}, db.Document{Text: "둘"}); err != nil {
		t.Fatal(err)
	}
	var mapping map[string]any
	raw(t, url, http.MethodGet, "/"+prefixOf(url)+"-c-*/_mapping", "", &mapping)
	for index := range mapping {
		body := `{"doc": {"state": {"next": 9, "open": {"n": 8, "owner": "gone"}}}}`
		if code := raw(t, url, http.MethodPut, "/"+index+"/_doc/state", body, nil); code != http.StatusOK {
			t.Fatal(code)
		}
		body = `{"key": "b", "id": "b", "tx": 8, "doc": {"key": "b", "id": "b", "text": "x", "tx": 8}}`
		if code := raw(t, url, http.MethodPut, "/"+index+"/_doc/b?refresh=true", body, nil); code != http.StatusCreated {
			t.Fatal(code)
		}
	}
	if n, err := c.Count(t.Context(), filter.All()); n != 2 || err != nil {
		t.Errorf("while it runs: %d documents, %v", n, err)
	}
	var err error
	for start := time.Now(); time.Since(start) < time.Minute; {
		if _, err = c.ReplaceSource(t.Context(), "a.md", db.Document{Text: "셋"}); !errors.Is(err, engine.ErrUnavailable) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if n, err := c.Count(t.Context(), filter.All()); n != 1 || err != nil {
		t.Errorf("afterwards: %d documents, %v", n, err)
	}
}

func TestReadOnly(t *testing.T) {
	url := database(t)
	if _, err := notes(t, url).Insert(t.Context(), db.Document{ID: "a", Text: "서울의 봄"}); err != nil {
		t.Fatal(err)
	}
	d := enginetest.Open(t, url, &db.Options{Embedder: embeddertest.New(16, 1), ReadOnly: true})
	c, err := d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := c.Search(t.Context(), db.Query{Text: "서울", K: 3}); err != nil || len(m) != 1 {
		t.Errorf("search: %d results, %v", len(m), err)
	}
	_, upsert := c.Upsert(t.Context(), db.Document{ID: "a", Text: "x"})
	_, remove := c.Delete(t.Context(), "a")
	_, removeAll := c.DeleteWhere(t.Context(), filter.All())
	update := c.Update(t.Context(), "a", db.Patch{Metadata: db.Metadata{"x": 1}})
	_, replace := c.ReplaceSource(t.Context(), "a")
	_, create := d.Collection(t.Context(), "new", nil)
	for what, err := range map[string]error{
		"upsert": upsert, "delete": remove, "delete where": removeAll, "update": update, "replace": replace, "create": create,
		"drop": d.Drop(t.Context(), "notes"),
	} {
		if !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Several programs may open a new database at one moment, and use one collection.
func TestOpenTogether(t *testing.T) {
	url := database(t)
	ended := make(chan error, 4)
	for range 4 {
		go func() {
			d, err := engine.Open(t.Context(), url, &db.Options{Embedder: embeddertest.New(16, 1)})
			if err == nil {
				var c engine.Collection
				if c, err = d.Collection(t.Context(), "notes", nil); err == nil {
					_, err = c.Upsert(t.Context(), db.Document{ID: "same", Text: "서울의 봄"})
				}
				err = errors.Join(err, d.Close())
			}
			ended <- err
		}()
	}
	for range 4 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n, err := notes(t, url).Count(t.Context(), filter.All()); n != 1 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// Several shards answer as one does.
func TestShards(t *testing.T) {
	url := database(t) + "?shards=3&replicas=0"
	c := notes(t, url)
	for i := range 4 {
		var docs []db.Document
		for j := range 20 {
			docs = append(docs, db.Document{ID: string(rune('a'+i)) + string(rune('a'+j)), Text: "서울의 봄 " + string(rune('가'+20*i+j)), Title: "날씨"})
		}
		if _, err := c.Insert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []db.Mode{db.Dense, db.Lexical, db.Hybrid} {
		if m, err := c.Search(t.Context(), db.Query{Text: "서울 날씨", K: 100, Mode: mode}); err != nil || len(m) != 80 {
			t.Errorf("%v: %d results, %v", mode, len(m), err)
		}
	}
	last, n := "", 0
	for d, err := range c.Scan(t.Context(), db.Scan{}) {
		if err != nil || d.ID <= last {
			t.Fatalf("%q behind %q, %v", d.ID, last, err)
		}
		last, n = d.ID, n+1
	}
	if n != 80 {
		t.Errorf("%d documents in a scan", n)
	}
}

// A program does not touch an index that a newer one made.
func TestNewerFormat(t *testing.T) {
	url := database(t)
	notes(t, url)
	var mapping map[string]struct {
		Mappings struct {
			Meta map[string]map[string]any `json:"_meta"`
		} `json:"mappings"`
	}
	raw(t, url, http.MethodGet, "/"+prefixOf(url)+"-c-*/_mapping", "", &mapping)
	for index, m := range mapping {
		m.Mappings.Meta["frony"]["format"] = 1000
		b, err := json.Marshal(map[string]any{"_meta": m.Mappings.Meta})
		if err != nil {
			t.Fatal(err)
		}
		if code := raw(t, url, http.MethodPut, "/"+index+"/_mapping", string(b), nil); code != http.StatusOK {
			t.Fatal(code)
		}
	}
	if _, err := enginetest.Open(t, url, nil).Collection(t.Context(), "notes", nil); !errors.Is(err, db.ErrFormat) {
		t.Errorf("a newer format: %v", err)
	}
}
