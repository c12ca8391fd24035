package hnsw_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

// copies returns rows of which each has n copies, beside others that have none.
func copies(s uint64, groups, n, others int) (*rows, func() []byte) {
	r, query := clustered(s, groups*n+others, 16)
	for id := range groups * n {
		r.data[id] = r.data[id%groups]
	}
	return r, query
}

// However many copies there are, a search for a row returns copies of it, and as
// many as it asks for.
func TestTwins(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ groups, copies, others int }{
		{1, 3000, 0}, {40, 2, 3000}, {40, 100, 0}, {40, 100, 2000}, {4, 1000, 1000}, {1500, 2, 0},
	} {
		r, _ := copies(seed, size.groups, size.copies, size.others)
		order := rand.New(rand.NewPCG(seed, 1)).Perm(len(r.data))
		g, err := hnsw.New(r, &hnsw.Options{M: 8, EfConstruction: 40})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := w; i < len(order); i += 4 {
					if err := g.Add(uint32(order[i])); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		all := func(when string) {
			t.Helper()
			if err := g.Check(); err != nil {
				t.Fatal(size, when, err)
			}
			for id := range uint32(size.groups) {
				k := min(100, len(g.Twins(nil, id)))
				hits := g.Walk(nil, r.Code(id), hnsw.Search{K: k, Ef: 40})
				if len(hits) != k {
					t.Fatalf("%v %s: %d hits for row %d, want %d", size, when, len(hits), id, k)
				}
				for _, h := range hits {
					if !r.Equal(h.ID, id) || !g.Has(h.ID) {
						t.Fatalf("%v %s: row %d is not among its own nearest %d", size, when, id, k)
					}
				}
			}
		}
		all("built")
		for i, id := range order { // leaders and others
			if i%3 > 0 && id >= size.groups {
				g.Delete(uint32(id))
			}
		}
		all("deleted")
		freed := g.Repair(hnsw.RepairOptions{})
		all("repaired")
		for _, id := range freed {
			if err := g.Add(id); err != nil {
				t.Fatal(err)
			}
		}
		all("added again")
		again, err := hnsw.Read(bytes.NewReader(snapshot(t, g)), r)
		if err != nil {
			t.Fatal(err)
		}
		g = again
		all("read")
	}
}

// A filter that allows one copy finds that one.
func TestTwinsFiltered(t *testing.T) {
	t.Parallel()
	r, _ := copies(seed, 30, 200, 2000)
	g := build(t, r, &hnsw.Options{M: 8, EfConstruction: 40})
	for id := range uint32(30) {
		allow := hnsw.NewBitset(len(r.data))
		for other := range uint32(len(r.data)) {
			if other >= 6000 || other == id+30*77 {
				allow.Set(other)
			}
		}
		hits := g.Walk(nil, r.Code(id), hnsw.Search{K: 3, Ef: 40, Allow: allow})
		if len(hits) != 3 || hits[0].ID != id+30*77 {
			t.Fatalf("row %d: %v", id, hits)
		}
	}
}

// Copies are added, deleted, freed and added again from many goroutines.
func TestTwinsConcurrently(t *testing.T) {
	t.Parallel()
	const workers, own = 4, 300
	r, query := copies(seed, 5, workers*own/5, 0)
	g, err := hnsw.New(r, &hnsw.Options{M: 4, EfConstruction: 20})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var searches, wg sync.WaitGroup
	searches.Go(func() {
		q := query()
		for ctx.Err() == nil {
			for _, h := range g.Walk(nil, q, hnsw.Search{K: 10, Ef: 20}) {
				if int(h.ID) >= len(r.data) {
					t.Error(h)
				}
			}
		}
	})
	var mu sync.Mutex // guards freed
	freed := make([][]uint32, workers)
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			var free, live []uint32
			for id := range uint32(own) {
				free = append(free, uint32(w)+id*workers)
			}
			for range 3000 {
				switch op := rng.IntN(10); {
				case op < 5 && len(free) > 0:
					id := free[len(free)-1]
					free = free[:len(free)-1]
					if err := g.Add(id); err != nil {
						t.Error(err)
						return
					}
					live = append(live, id)
				case op < 9 && len(live) > 0:
					i := rng.IntN(len(live))
					if !g.Delete(live[i]) {
						t.Errorf("%d was not live", live[i])
					}
					live[i] = live[len(live)-1]
					live = live[:len(live)-1]
				default:
					gone := g.Repair(hnsw.RepairOptions{Workers: 1})
					mu.Lock()
					for _, id := range gone {
						freed[id%workers] = append(freed[id%workers], id)
					}
					free, freed[w] = append(free, freed[w]...), nil
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	stop()
	searches.Wait()
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
}

// A node that walks do not find is found when it is a seed, which a snapshot
// keeps, until it is deleted.
func TestSeed(t *testing.T) {
	t.Parallel()
	r, _ := copies(seed, 1, 1, 3000)
	g := build(t, r, &hnsw.Options{M: 2, EfConstruction: 2}) // a bad graph
	found := func(id uint32) bool {
		hits := g.Walk(nil, r.Code(id), hnsw.Search{K: 1, Ef: 2})
		return len(hits) == 1 && hits[0].Distance <= 1
	}
	var missed []uint32
	for id := range uint32(3000) {
		if !found(id) {
			missed = append(missed, id)
		}
	}
	if len(missed) < 100 {
		t.Fatalf("%d nodes are missed, too few for a test", len(missed))
	}
	for _, id := range missed[:50] {
		for range 2 {
			if !g.Seed(id) {
				t.Errorf("%d is refused", id)
			}
		}
	}
	if g.Seeds() != 50 {
		t.Errorf("%d seeds", g.Seeds())
	}
	again, err := hnsw.Read(bytes.NewReader(snapshot(t, g)), r)
	if err != nil {
		t.Fatal(err)
	}
	g = again
	for _, id := range missed[:50] {
		if !found(id) {
			t.Errorf("seed %d is not found", id)
		}
	}
	g.Delete(missed[0])
	g.Repair(hnsw.RepairOptions{})
	if g.Seed(missed[0]) || g.Seeds() != 49 {
		t.Errorf("%d seeds after one was deleted", g.Seeds())
	}
	for _, id := range missed[50:] {
		g.Seed(id)
	}
	if g.Seeds() > 512 {
		t.Errorf("%d seeds", g.Seeds())
	}
}
