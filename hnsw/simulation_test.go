package hnsw_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

// TestSimulation runs random operations on a graph and on a map, and compares all
// results. On a graph this small every search is exact.
func TestSimulation(t *testing.T) {
	t.Parallel()
	rounds := uint64(40)
	if slow {
		rounds = 8
	}
	for round := range rounds {
		s := seed + round
		rng := rand.New(rand.NewPCG(s, 2))
		dims := 1 + rng.IntN(8)
		r, query := clustered(s, 300, dims)
		few := [][]byte{query(), query(), query(), query(), query()} // rows that many nodes share
		g, err := hnsw.New(r, &hnsw.Options{M: 2 + rng.IntN(5), EfConstruction: 1 + rng.IntN(20), Seed: s})
		if err != nil {
			t.Fatal(err)
		}
		live := map[uint32]bool{}
		var free, dead []uint32
		for id := range uint32(300) {
			free = append(free, id)
		}
		for step := range 1500 {
			op := rng.IntN(100)
			switch {
			case op < 45 && len(free) > 0:
				i := rng.IntN(len(free))
				if step < 1000 {
					i = 0
				}
				id := free[i]
				free = slices.Delete(free, i, i+1)
				r.data[id] = query()
				switch {
				case round%4 == 0:
					r.data[id] = few[0]
				case round%4 == 1 && rng.IntN(3) > 0:
					r.data[id] = few[rng.IntN(len(few))]
				}
				if err := g.Add(id); err != nil {
					t.Fatalf("seed %d step %d: %v", s, step, err)
				}
				live[id] = true
			case op < 80 && len(live) > 0:
				n := 1
				if op == 79 {
					n = len(live)
				}
				for _, id := range slices.Sorted(maps.Keys(live)) {
					if rng.IntN(3) == 0 && op != 79 {
						continue
					}
					if n--; n < 0 {
						break
					}
					if !g.Delete(id) {
						t.Fatalf("seed %d step %d: %d was not live", s, step, id)
					}
					delete(live, id)
					dead = append(dead, id)
				}
			case op < 82:
				freed := g.Repair(hnsw.RepairOptions{Workers: 1 + rng.IntN(2)})
				// What is not freed leads to live nodes that have the same row.
				dead = slices.DeleteFunc(dead, func(id uint32) bool { return slices.Contains(freed, id) })
				for _, id := range dead {
					if g.Has(id) || !slices.ContainsFunc(g.Twins(nil, id), func(twin uint32) bool { return live[twin] && r.Equal(id, twin) }) {
						t.Fatalf("seed %d step %d: freed %d, and not %d", s, step, freed, id)
					}
				}
				free = append(free, freed...)
			default:
				k := 1 + rng.IntN(20)
				q := query()
				var allow *hnsw.Bitset
				if rng.IntN(2) == 0 {
					allow = hnsw.NewBitset(0)
					for id := range uint32(300) {
						if rng.IntN(3) > 0 {
							allow.Set(id)
						}
					}
				}
				want := nearest(r, q, k, func(id uint32) bool { return live[id] && (allow == nil || allow.Has(id)) })
				for ef := range 2 {
					got := g.Search(nil, q, hnsw.Search{K: k, Ef: 300 * ef, Allow: allow})
					same(t, got, want, "seed %d step %d", s, step)
					same(t, g.Walk(nil, q, hnsw.Search{K: k, Ef: 300, Allow: allow}), want, "seed %d step %d, walked", s, step)
				}
				same(t, g.Scan(nil, q, hnsw.Search{K: k, Allow: allow}), want, "seed %d step %d, scanned", s, step)
			}
			if step%8 != 0 && op < 80 {
				continue
			}
			if err := g.Check(); err != nil {
				t.Fatalf("seed %d step %d: %v", s, step, err)
			}
			if g.Len() != len(live) || g.Dead() > len(dead) {
				t.Fatalf("seed %d step %d: %d live, %d dead; want %d, at most %d", s, step, g.Len(), g.Dead(), len(live), len(dead))
			}
		}
	}
}

// same compares hits by distance: any of several equal nodes may be returned.
func same(t *testing.T, got, want []hnsw.Hit, format string, args ...any) {
	t.Helper()
	equal := slices.EqualFunc(got, want, func(a, b hnsw.Hit) bool { return a.Distance == b.Distance })
	ids := map[uint32]bool{}
	for _, h := range got {
		ids[h.ID] = true
	}
	if !equal || len(ids) != len(got) {
		t.Fatalf(format+": got %v, want %v", append(args, got, want)...)
	}
}
