package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// dependent is an engine whose servers may be away.
type dependent struct {
	engine.DB
	away atomic.Bool
}

func (d *dependent) Health(context.Context) error {
	if d.away.Load() {
		return errors.New("dial tcp 10.0.0.7:9200: connection refused")
	}
	return nil
}

// A server is not ready while its engine's servers are away, and does not tell everybody
// where they are.
func TestReadyWithEngine(t *testing.T) {
	t.Parallel()
	local, err := db.Open(t.TempDir(), &db.Options{Embedder: embeddertest.New(16, 1)})
	if err != nil {
		t.Fatal(err)
	}
	d := &dependent{DB: engine.Local(local)}
	s, err := server.New(d, &server.Options{Embedder: embeddertest.New(16, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, away := range []bool{false, true, false} {
		d.away.Store(away)
		rec := httptest.NewRecorder()
		s.HTTPServer().Handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "http://127.0.0.1/readyz", nil))
		if ready := rec.Code == 200; ready == away || strings.Contains(rec.Body.String(), "10.0.0.7") {
			t.Errorf("away %v: %d %s", away, rec.Code, rec.Body)
		}
	}
}
