package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// sick is a collection that a test damages.
func sick(t *testing.T, docs int) (*DB, *Collection) {
	t.Helper()
	d, err := Open(t.TempDir(), &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	c := openGiven(t, d, 8)
	rng := rand.New(rand.NewPCG(11, 12))
	list := make([]Document, docs)
	for i := range list {
		list[i] = given(rng, fmt.Sprint(i), 8)
	}
	if _, err := c.Upsert(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
	return d, c
}

func examineAll(t *testing.T, d *DB, o *DoctorOptions) CollectionHealth {
	t.Helper()
	r, err := d.Doctor(t.Context(), o)
	if err != nil || len(r.Collections) != 1 || r.Checksums != "" {
		t.Fatal(r, err)
	}
	if h := r.Collections[0]; r.OK() != h.OK() {
		t.Error(r.OK(), h.OK())
	}
	return r.Collections[0]
}

func TestDoctorSound(t *testing.T) {
	d, c := sick(t, 3000)
	if _, err := c.Delete(t.Context(), "1", "2", "3"); err != nil {
		t.Fatal(err)
	}
	h := examineAll(t, d, nil)
	if !h.OK() || h.Documents != 2997 || h.Queried != 2997 || h.Repaired != "" {
		t.Errorf("%+v", h)
	}
	if h := examineAll(t, d, &DoctorOptions{Sample: 100}); h.Queried == 0 || h.Queried > 100 || h.Documents != 2997 {
		t.Errorf("%+v", h)
	}
	if _, err := d.Doctor(t.Context(), &DoctorOptions{Collections: []string{"other"}}); !errors.Is(err, ErrNoCollection) {
		t.Error(err)
	}
}

// Each kind of damage to what is derived is found, and repaired, while searches
// go on.
func TestDoctorRepairs(t *testing.T) {
	for _, test := range []struct {
		name    string
		damage  func(c *Collection)
		faults  int
		rebuilt bool
	}{
		{"graph", func(c *Collection) { c.graph.Delete(100); c.graph.Delete(200) }, 2, false},
		{"codes", func(c *Collection) { c.codes.set(300, code{head: make([]byte, c.codes.heads.CodeSize())}) }, 1, false},
		{"rows", func(c *Collection) { _ = c.rows.Put(400, store.AppendVector(nil, make([]float32, 8))) }, 1, false},
		{"nodes", func(c *Collection) { c.nodes.kill(500, 0) }, 1, true},
		{"much", func(c *Collection) {
			for n := range uint32(1200) {
				c.graph.Delete(n)
			}
		}, 1200, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, c := sick(t, 3000)
			test.damage(c)
			h := examineAll(t, d, nil)
			if h.FaultCount < test.faults || h.OK() {
				t.Fatalf("%d faults found, want %d", h.FaultCount, test.faults)
			}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(1, 1))
				for ctx.Err() == nil {
					if m, err := c.Search(t.Context(), Query{Embedding: given(rng, "", 8).Embedding, K: 5}); err != nil || len(m) != 5 {
						t.Error(m, err)
					}
					// Not one of the damaged documents: that would mend it.
					if _, err := c.Upsert(t.Context(), given(rng, fmt.Sprint(1500+rng.IntN(1500)), 8)); err != nil {
						t.Error(err)
					}
				}
			})
			h = examineAll(t, d, &DoctorOptions{Repair: true})
			stop()
			wg.Wait()
			if !h.OK() || h.Found == nil || h.Found.FaultCount < test.faults {
				t.Errorf("after the repair: %+v", h)
			}
			if rebuilt := h.Repaired == "rebuilt the index from the store"; rebuilt != test.rebuilt {
				t.Error(h.Repaired)
			}
			if h := examineAll(t, d, nil); !h.OK() || h.Documents != 3000 {
				t.Errorf("again: %+v", h)
			}
			if n, err := c.Count(t.Context(), filter.All()); n != 3000 || err != nil {
				t.Error(n, err)
			}
			if err := c.graph.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDoctorCancelled(t *testing.T) {
	d, _ := sick(t, 2000)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := d.Doctor(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// While documents are linked again, searches find each of them, those that are
// out of the graph for the moment as well.
func TestFoundDuringRepair(t *testing.T) {
	for _, head := range []int{8, 4} { // without tails, and with
		t.Run(fmt.Sprint(head), func(t *testing.T) {
			d, err := Open(t.TempDir(), &Options{SyncEvery: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			c, err := d.Collection(t.Context(), "c", &CollectionOptions{Dims: 8, HeadDims: head, EfConstruction: 64, M: 8, Oversampling: 100})
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(21, 22))
			docs := make([]Document, scanBelow+1000) // beyond what is scanned
			for i := range docs {
				docs[i] = given(rng, fmt.Sprint(i), 8)
			}
			for part := range slices.Chunk(docs, 2000) {
				if _, err := c.Insert(t.Context(), part...); err != nil {
					t.Fatal(err)
				}
			}
			found := func(doc Document) bool {
				t.Helper()
				var trace Trace
				m, err := c.Search(t.Context(), Query{Embedding: doc.Embedding, K: 1, Fields: FieldsNone, Trace: &trace})
				if err != nil || len(m) != 1 || trace.Plan != "graph" {
					t.Error(m, err, trace.Plan)
				}
				return len(m) == 1 && m[0].Document.ID == doc.ID
			}
			docs = slices.DeleteFunc(docs, func(doc Document) bool { return !found(doc) })
			if len(docs) < scanBelow {
				t.Fatalf("only %d documents are found to begin with", len(docs))
			}
			var again []Document
			var nodes []uint32
			for _, doc := range docs[:900] {
				again = append(again, doc)
				nodes = append(nodes, node(t, c, doc.ID))
			}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for w := range 2 {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(23, uint64(w)))
					for n := 0; ctx.Err() == nil && !t.Failed(); n++ {
						if doc := again[rng.IntN(len(again))]; !found(doc) {
							t.Errorf("after %d searches: document %s is not found", n, doc.ID)
						}
					}
				})
			}
			for range 4 {
				if n, err := c.linkAgain(t.Context(), nodes); n != len(nodes) || err != nil {
					t.Error(n, err)
				}
			}
			stop()
			wg.Wait()
			if c.apart() != nil || c.graph.Len() != scanBelow+1000 {
				t.Error(len(c.apart()), c.graph.Len())
			}
		})
	}
}
