package opensearch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
)

// fake is as much of an OpenSearch as the tests of failures need: one collection, in
// which nothing is stored.
type fake struct {
	t        *testing.T
	version  string
	plugins  string
	settings string

	mu   sync.Mutex
	bulk func(w http.ResponseWriter, body string) // what a write does
	n    int                                      // writes
	seen int                                      // searches that were refused at first
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	found := `{"_shards": {"failed": 0}, "hits": {"total": {"value": 0}, "hits": []}, "aggregations": {"fields": {"buckets": []}}}`
	switch {
	case r.URL.Path == "/":
		fmt.Fprint(w, f.version)
	case r.URL.Path == "/_cat/plugins":
		fmt.Fprint(w, f.plugins)
	case strings.HasSuffix(r.URL.Path, "/_mapping"):
		fmt.Fprintf(w, `{"x": {"mappings": {"_meta": {"frony": {"format": 1, "name": "notes", "alias": "a", "settings": %q}}}}}`, f.settings)
	case strings.HasSuffix(r.URL.Path, "/_doc/state"):
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"found": false}`)
	case strings.HasSuffix(r.URL.Path, "/_refresh"):
		fmt.Fprint(w, `{"_shards": {"failed": 0}}`)
	case r.URL.Path == "/_bulk":
		f.n++
		f.bulk(w, string(body))
	case f.seen > 0:
		f.seen--
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		fmt.Fprint(w, found)
	}
}

func newFake(t *testing.T) *fake {
	t.Helper()
	r, err := db.NewRules("notes", nil, &db.Options{Embedder: embeddertest.New(16, 1)})
	if err != nil {
		t.Fatal(err)
	}
	set, err := r.Settings()
	if err != nil {
		t.Fatal(err)
	}
	return &fake{
		t: t, settings: string(set), version: `{"version": {"number": "2.19.6", "distribution": "opensearch"}}`,
		plugins: `[{"component": "opensearch-knn"}]`,
	}
}

func (f *fake) open() (engine.Collection, error) {
	f.t.Helper()
	ts := httptest.NewServer(f)
	f.t.Cleanup(ts.Close)
	d, err := engine.Open(f.t.Context(), strings.Replace(ts.URL, "http", "opensearch", 1)+"?timeout=300ms", &db.Options{Embedder: embeddertest.New(16, 1)})
	if err != nil {
		return nil, err
	}
	f.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return d.Collection(f.t.Context(), "notes", nil)
}

func written(w http.ResponseWriter, _ string) {
	fmt.Fprint(w, `{"items": [{"create": {"status": 201, "_seq_no": 1, "_primary_term": 1}}]}`)
}

// What is wrong with the server is said with the way out.
func TestOpenRefuses(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*fake)
		says   string
	}{
		"another server": {func(f *fake) { f.version = `{"version": {"number": "8.1.0"}}` }, "kept in OpenSearch 2 or newer"},
		"an old one":     {func(f *fake) { f.version = `{"version": {"number": "1.3.0", "distribution": "opensearch"}}` }, "kept in OpenSearch 2 or newer"},
		"no plugin":      {func(f *fake) { f.plugins = `[{"component": "other"}]` }, "opensearch-plugin install"},
		"another model":  {func(f *fake) { f.settings = strings.ReplaceAll(f.settings, "embeddertest/fake", "other") }, "model"},
	} {
		f := newFake(t)
		c.change(f)
		if _, err := f.open(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A write that the server refused for now is sent again; one whose answer was lost is
// looked for, and its outcome is unknown in the end.
func TestWriteOutcomes(t *testing.T) {
	doc := db.Document{ID: "a", Text: "서울의 봄"}
	for what, c := range map[string]struct {
		first  func(w http.ResponseWriter, body string) // nil: as written
		always bool
		want   error
		writes int // at least
	}{
		"written":               {nil, false, nil, 1},
		"refused for now":       {func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusTooManyRequests) }, false, nil, 2},
		"always refused":        {func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusTooManyRequests) }, true, engine.ErrUnavailable, 2},
		"answered by a gateway": {func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusBadGateway) }, false, nil, 2},
		"never answered":        {func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusGatewayTimeout) }, true, engine.ErrUnknownOutcome, 2},
		"a shard without a primary": {func(w http.ResponseWriter, _ string) {
			fmt.Fprint(w, `{"items": [{"create": {"status": 503, "error": {"type": "unavailable_shards_exception"}}}]}`)
		}, true, engine.ErrUnknownOutcome, 2},
		"changed meanwhile": {func(w http.ResponseWriter, _ string) {
			fmt.Fprint(w, `{"items": [{"create": {"status": 409, "error": {"type": "version_conflict_engine_exception"}}}]}`)
		}, false, nil, 2},
		"a full disk": {func(w http.ResponseWriter, _ string) {
			fmt.Fprint(w, `{"items": [{"create": {"status": 403, "error": {"type": "cluster_block_exception"}}}]}`)
		}, true, db.ErrDiskFull, 1},
		"dropped meanwhile": {func(w http.ResponseWriter, _ string) {
			fmt.Fprint(w, `{"items": [{"create": {"status": 404, "error": {"type": "index_not_found_exception"}}}]}`)
		}, true, db.ErrNoCollection, 1},
	} {
		f := newFake(t)
		f.bulk = func(w http.ResponseWriter, body string) {
			if c.first != nil && (f.n == 1 || c.always) {
				c.first(w, body)
				return
			}
			written(w, body)
		}
		col, err := f.open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := col.Upsert(t.Context(), doc); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		f.mu.Lock()
		if f.n < c.writes {
			t.Errorf("%s: %d writes, want %d or more", what, f.n, c.writes)
		}
		f.mu.Unlock()
	}
}

// A write names the version that it takes the place of, and never another index.
func TestWriteIsGuarded(t *testing.T) {
	f := newFake(t)
	f.bulk = func(w http.ResponseWriter, body string) {
		line, _, _ := strings.Cut(body, "\n")
		var op map[string]map[string]any
		if err := json.Unmarshal([]byte(line), &op); err != nil || op["create"] == nil || op["create"]["_index"] != "a" {
			t.Errorf("a new document is written by %s, %v", line, err)
		}
		written(w, body)
	}
	c, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Upsert(t.Context(), db.Document{ID: "a", Text: "서울의 봄"}); err != nil {
		t.Error(err)
	}
}

// Reads are sent again, with pauses.
func TestReadsAgain(t *testing.T) {
	f := newFake(t)
	c, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.seen = 3
	f.mu.Unlock()
	start := time.Now()
	if _, err := c.GetFields(t.Context(), 0, "a"); !errors.Is(err, db.ErrNotFound) {
		t.Error(err)
	}
	if took := time.Since(start); took < 20*time.Millisecond {
		t.Errorf("three refusals took %v", took)
	}
}
