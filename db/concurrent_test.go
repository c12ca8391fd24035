package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// TestBatchesAreWhole: writers replace whole groups of documents. No search, scan or
// count ever sees an incomplete group, or one of two versions.
func TestBatchesAreWhole(t *testing.T) {
	t.Parallel()
	const groups, size, writers, readers = 6, 5, 2, 3
	rng := random(t)
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "groups", nil)
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
	defer stop()
	batch := func(group, version int) []db.Document {
		docs := make([]db.Document, size)
		for i := range docs {
			docs[i] = db.Document{
				ID: fmt.Sprintf("g%d-%d", group, i), Text: fmt.Sprintf("group %d member %d version %d", group, i, version),
				Metadata: db.Metadata{"group": group, "version": version},
			}
		}
		return docs
	}
	for g := range groups {
		if _, err := c.Insert(t.Context(), batch(g, 0)...); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	done := func(err error) bool {
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		return err != nil || t.Failed()
	}
	for w := range writers {
		r := rand.New(rand.NewPCG(rng.Uint64(), 0))
		wg.Go(func() {
			for v := 1; ; v++ {
				// Each writer has its own groups, so that versions only grow.
				if _, err := c.Upsert(ctx, batch(r.IntN(groups/writers)*writers+w, v)...); done(err) {
					return
				}
			}
		})
	}
	for range readers {
		r := rand.New(rand.NewPCG(rng.Uint64(), 0))
		wg.Go(func() {
			last := make([]int64, groups)
			for {
				g := r.IntN(groups)
				where := filter.Eq("group", g)
				var docs []db.Document
				switch r.IntN(3) {
				case 0:
					for doc, err := range c.Scan(ctx, db.Scan{Filter: where}) {
						if done(err) {
							return
						}
						docs = append(docs, doc)
					}
				default:
					q := db.Query{Text: "group member", K: size, Filter: where, Exact: r.IntN(2) == 0, Oversampling: 1}
					matches, err := c.Search(ctx, q)
					if done(err) {
						return
					}
					for _, m := range matches {
						docs = append(docs, m.Document)
					}
				}
				if ctx.Err() != nil {
					return
				}
				if !whole(t, docs, size, &last[g]) {
					return
				}
			}
		})
	}
	wg.Wait()
	if n, err := c.Count(t.Context(), filter.All()); n != groups*size || err != nil {
		t.Errorf("%d documents, %v; want %d", n, err, groups*size)
	}
}

func whole(t *testing.T, docs []db.Document, size int, last *int64) bool {
	t.Helper()
	if len(docs) != size {
		t.Errorf("a group has %d members, want %d: %v", len(docs), size, docs)
		return false
	}
	v := docs[0].Metadata["version"].(int64)
	for _, doc := range docs {
		if doc.Metadata["version"] != v {
			t.Errorf("a group has versions %d and %d", v, doc.Metadata["version"])
			return false
		}
	}
	if v < *last {
		t.Errorf("version %d after %d", v, *last)
		return false
	}
	*last = v
	return true
}

// TestClose: Close waits for running calls, and later calls return ErrClosed.
func TestClose(t *testing.T) {
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", nil)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				_, err := c.Upsert(t.Context(), db.Document{ID: fmt.Sprint(w, i), Text: "text"})
				if errors.Is(err, db.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if _, err := c.Search(t.Context(), db.Query{Text: "x", K: 1}); !errors.Is(err, db.ErrClosed) {
		t.Errorf("search after Close: %v", err)
	}
	if _, err := d.Collection(t.Context(), "c", nil); !errors.Is(err, db.ErrClosed) {
		t.Errorf("open collection after Close: %v", err)
	}
	if err := d.Close(); !errors.Is(err, db.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
}
