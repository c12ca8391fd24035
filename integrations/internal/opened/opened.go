// Package opened opens what the tests of the stores are run on.
package opened

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// DB opens an empty database with the built-in model.
func DB(t *testing.T) *db.DB {
	t.Helper()
	d, err := db.Open(filepath.Join(t.TempDir(), "db"), &db.Options{Embedder: builtin.New()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Client starts a server of an empty database with the built-in model.
func Client(t *testing.T) *client.Client {
	t.Helper()
	s, err := server.New(engine.Local(DB(t)), &server.Options{Embedder: builtin.New()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.HTTPServer().Handler)
	t.Cleanup(h.Close)
	c, err := client.New(h.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
