package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/client"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server"
)

// failing is an engine whose upserts fail, after they were done or before.
type failing struct {
	engine.DB
	fault error
	done  bool
}

func (f *failing) Collection(ctx context.Context, name string, o *db.CollectionOptions) (engine.Collection, error) {
	c, err := f.DB.Collection(ctx, name, o)
	return &failingCollection{c, f}, err
}

type failingCollection struct {
	engine.Collection
	of *failing
}

func (c *failingCollection) Upsert(ctx context.Context, docs ...db.Document) (ids []string, err error) {
	if c.of.fault == nil || c.of.done {
		ids, err = c.Collection.Upsert(ctx, docs...)
	}
	if c.of.fault != nil {
		return nil, db.Wrap("upsert", "", fmt.Errorf("%w: the connection broke", c.of.fault))
	}
	return ids, err
}

// What only storage engines on other machines answer has errors of its own, and what the
// documentation says of them holds.
func TestEngineErrors(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	e := embeddertest.New(384, 1)
	d, err := db.Open(t.TempDir(), &db.Options{Embedder: e})
	if err != nil {
		t.Fatal(err)
	}
	of := &failing{DB: engine.Local(d)}
	s, err := server.New(of, &server.Options{Embedder: e})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Warm(ctx); err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(s)
	t.Cleanup(func() {
		ts.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := client.New(ts.URL, &client.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(ctx, "notes", nil); err != nil {
		t.Fatal(err)
	}
	notes, doc := c.Collection("notes"), db.Document{ID: "1", Text: "서울의 봄은 짧다"}
	for _, of.fault = range []error{client.ErrUnavailable, client.ErrUnknownOutcome, client.ErrUnsupported} {
		of.done = errors.Is(of.fault, client.ErrUnknownOutcome)
		_, err := notes.Upsert(ctx, doc)
		if !errors.Is(err, of.fault) || !strings.Contains(err.Error(), "the connection broke") {
			t.Errorf("%v, want %v", err, of.fault)
		}
		for _, other := range []error{client.ErrUnavailable, client.ErrUnknownOutcome, client.ErrUnsupported, db.ErrClosed} {
			if !errors.Is(of.fault, other) && errors.Is(err, other) {
				t.Errorf("%v is %v, too", err, other)
			}
		}
		if n, err := notes.Count(ctx, filter.Expr{}); err != nil || n != map[bool]int{true: 1}[of.done] {
			t.Errorf("after %v: %d documents, %v", of.fault, n, err)
		}
		of.fault = nil
		if _, err := notes.Upsert(ctx, doc); err != nil {
			t.Errorf("repeated: %v", err)
		}
		if n, err := notes.Count(ctx, filter.Expr{}); err != nil || n != 1 {
			t.Errorf("repeated: %d documents, %v", n, err)
		}
		if _, err := notes.Delete(ctx, "1"); err != nil {
			t.Error(err)
		}
	}
}
