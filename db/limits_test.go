package db

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// TestLargestK: the largest K does not make a search allocate as much.
func TestLargestK(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), &Options{
		Embedder: embeddertest.New(8, 1), SyncEvery: time.Hour, Limits: Limits{K: math.MaxInt},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "c", nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		for _, mode := range []Mode{Dense, Lexical, Hybrid} {
			for _, exact := range []bool{false, true} {
				m, err := c.Search(t.Context(), Query{Text: "봄", K: math.MaxInt, Mode: mode, Exact: exact})
				if err != nil || len(m) != n {
					t.Errorf("%v of %d documents: %v, %v", mode, n, m, err)
				}
			}
		}
		if _, err := c.Upsert(t.Context(), Document{ID: fmt.Sprint(n), Text: fmt.Sprint("봄 ", n)}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDropLongIDs: a collection with the longest ids can be dropped.
func TestDropLongIDs(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), &Options{SyncEvery: time.Hour, Limits: Limits{IDBytes: maxIDBytes}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 2)
	for n := range 3 {
		docs := make([]Document, 120)
		for i := range docs {
			docs[i] = Document{ID: fmt.Sprint(n, "-", i, strings.Repeat("x", maxIDBytes-10)), Embedding: []float32{1, 2}}
		}
		if _, err := c.Upsert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Drop(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if n, err := d.st.DeleteGarbage(); n != 0 || err != nil {
		t.Errorf("%d dropped collections were left, %v", n, err)
	}
}
