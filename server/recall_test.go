package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// The recall of sampled searches is a metric, by collection and a bounded number of
// values of k.
func TestRecallMetric(t *testing.T) {
	t.Parallel()
	d, err := db.Open(t.TempDir(), &db.Options{Embedder: embeddertest.New(384, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	s, err := server.New(engine.Local(d), nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, recall := range map[int]float64{1: 1, 10: 0.9, 7: 1, 1234: 0.5} {
		s.ObserveRecall("notes", k, recall)
	}
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`frony_recall_at_k_sum{collection="notes",k="up to 10"} 1.9`,
		`frony_recall_at_k_count{collection="notes",k="up to 1"} 1`,
		`frony_recall_at_k_count{collection="notes",k="above 100"} 1`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}
