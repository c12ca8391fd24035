package hnsw_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

// TestConcurrent adds, deletes, repairs and searches concurrently. Rows of reused
// ids are overwritten, so the race detector notices if an id is freed while a
// search may still read its row.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	const n, writers, searchers = 6000, 3, 3
	rounds := fewer(400, 100)
	r, _ := clustered(seed, n, 8)
	g, err := hnsw.New(r, &hnsw.Options{M: 6, EfConstruction: 30})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards free and live
	var free, live []uint32
	for id := range uint32(n) {
		free = append(free, id)
	}
	var writing, searching sync.WaitGroup
	var stop atomic.Bool
	for i := range writers {
		writing.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			for range rounds {
				mu.Lock()
				batch := free[:min(10, len(free))]
				free = free[len(batch):]
				mu.Unlock()
				for _, id := range batch {
					v := make([]int8, 8)
					for d := range v {
						v[d] = int8(rng.IntN(255) - 127)
					}
					r.set(id, v)
					if err := g.Add(id); err != nil {
						t.Error(err)
					}
				}
				mu.Lock()
				live = append(live, batch...)
				rng.Shuffle(len(live), func(a, b int) { live[a], live[b] = live[b], live[a] })
				victims := live[:min(rng.IntN(14), len(live))]
				live = live[len(victims):]
				mu.Unlock()
				for _, id := range victims {
					if !g.Delete(id) {
						t.Errorf("%d was not live", id)
					}
				}
				if rng.IntN(20) == 0 {
					freed := g.Repair(hnsw.RepairOptions{})
					mu.Lock()
					free = append(free, freed...)
					mu.Unlock()
				}
			}
		})
	}
	for range searchers {
		searching.Go(func() {
			_, query := clustered(seed, 10, 8)
			var hits []hnsw.Hit
			for i := 0; !stop.Load(); i++ {
				q := query()
				if i%2 == 0 {
					hits = g.Walk(hits[:0], q, hnsw.Search{K: 5, Ef: 20})
				} else {
					hits = g.Search(hits[:0], q, hnsw.Search{K: 5, Ef: 2})
				}
				for j := range hits {
					if j > 0 && hits[j].Distance < hits[j-1].Distance {
						t.Error("hits are not sorted")
					}
				}
			}
		})
	}
	writing.Wait()
	stop.Store(true)
	searching.Wait()
	check(t, g)
	g.Repair(hnsw.RepairOptions{})
	check(t, g)
	if g.Len() != len(live) || g.Dead() != 0 {
		t.Fatalf("%d live, want %d; %d dead", g.Len(), len(live), g.Dead())
	}
	missed := 0
	for _, id := range live {
		if got := g.Walk(nil, r.Code(id), hnsw.Search{K: 1, Ef: 100}); len(got) != 1 || got[0].Distance > 2 {
			missed++
		}
	}
	if missed*200 > len(live) {
		t.Errorf("%d of %d nodes do not find themselves", missed, len(live))
	}
}

// TestGrowWhileAdding adds nodes in parallel across the ends of chunks. Nodes may
// have so few children that many are wedged in. An insert may then meet a child
// from a chunk that did not exist when it began.
func TestGrowWhileAdding(t *testing.T) {
	t.Parallel()
	const n, adders = 9000, 8
	for round := range fewer(12, 3) {
		r, _ := clustered(seed+uint64(round), n, 4)
		g, err := hnsw.New(r, &hnsw.Options{M: 2, EfConstruction: 8})
		if err != nil {
			t.Fatal(err)
		}
		var next atomic.Uint32
		var wg sync.WaitGroup
		for range adders {
			wg.Go(func() {
				for id := next.Add(1) - 1; id < n; id = next.Add(1) - 1 {
					if err := g.Add(id); err != nil {
						t.Error(err)
					}
					if id%500 == 499 && g.Delete(id-200) {
						g.Repair(hnsw.RepairOptions{Workers: 1})
					}
				}
			})
		}
		wg.Wait()
		if err := g.Check(); err != nil {
			t.Fatal(err)
		}
	}
}
