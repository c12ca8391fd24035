package hnsw_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

// meanRecall returns the mean recall@k of searches for queries, and the mean
// number of distances.
func meanRecall(r *rows, g *hnsw.Graph, queries [][]byte, s hnsw.Search, keep func(uint32) bool) (rec, distances float64) {
	for _, q := range queries {
		var st hnsw.Stats
		s.Stats = &st
		rec += recall(g.Search(nil, q, s), nearest(r, q, s.K, keep))
		distances += float64(st.Distances)
	}
	n := float64(len(queries))
	return rec / n, distances / n
}

func some(n int, query func() []byte) [][]byte {
	var qs [][]byte
	for range n {
		qs = append(qs, query())
	}
	return qs
}

// TestChurn deletes and adds 30 % several times and 90 % once, and compares recall
// and the number of distances with a fresh graph. HNSW_LONG=1 uses 100,000 rows.
func TestChurn(t *testing.T) {
	t.Parallel()
	if slow {
		t.Skip("it compares work and recall, and runs without the race detector")
	}
	n := 8000
	if os.Getenv("HNSW_LONG") != "" {
		n = 100_000
	}
	r, query := clustered(seed, n, 24)
	queries := some(200, query)
	g, fresh := build(t, r, nil), build(t, r, nil)
	rng := rand.New(rand.NewPCG(seed, 4))
	churn := func(percent int) {
		t.Helper()
		victims := rng.Perm(n)[:n*percent/100]
		for _, id := range victims {
			g.Delete(uint32(id))
		}
		freed := g.Repair(hnsw.RepairOptions{})
		if len(freed) != len(victims) {
			t.Fatalf("freed %d of %d", len(freed), len(victims))
		}
		check(t, g)
		for _, id := range freed {
			if err := g.Add(id); err != nil {
				t.Fatal(err)
			}
		}
		check(t, g)
	}
	compare := func(what string) {
		t.Helper()
		for _, ef := range []int{16, 48} {
			s := hnsw.Search{K: 10, Ef: ef}
			was, before := meanRecall(r, fresh, queries, s, nil)
			is, after := meanRecall(r, g, queries, s, nil)
			t.Logf("%s, ef %d: recall %.4f, fresh %.4f; distances %.0f, fresh %.0f", what, ef, is, was, after, before)
			if is < was-0.0075 || after > before*1.1 { // a standard error of recall is .003
				t.Errorf("seed %d: %s, ef %d: recall %.4f, fresh %.4f; distances %.0f, fresh %.0f", seed, what, ef, is, was, after, before)
			}
		}
	}
	for range fewer(5, 2) {
		churn(30)
	}
	compare("several times 30 %")
	churn(90)
	compare("once 90 %")
}

// TestFilter checks the recall of filtered searches and the bound on their work, at
// every selectivity, with filters that are independent of the vectors, that allow
// the nodes nearest to the query, and those furthest from it.
func TestFilter(t *testing.T) {
	t.Parallel()
	if slow {
		t.Skip("it compares work and recall, and runs without the race detector")
	}
	n := fewer(20_000, 6000)
	r, query := clustered(seed, n, 16)
	g, err := hnsw.New(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	addParallel(t, g, n)
	rng := rand.New(rand.NewPCG(seed, 5))
	for _, kind := range []string{"random", "near", "far"} {
		for _, share := range []float64{0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 0.9, 1} {
			for _, s := range []hnsw.Search{{K: 10}, {K: 10, Ef: 64}} {
				sum, flat := 0.0, 0
				const queries = 10
				for range queries {
					q := query()
					order := nearest(r, q, n, nil)
					switch kind {
					case "random":
						rng.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
					case "far":
						slices.Reverse(order)
					}
					allow := hnsw.NewBitset(n)
					for _, h := range order[:max(1, int(share*float64(n)))] {
						allow.Set(h.ID)
					}
					var st hnsw.Stats
					s.Allow, s.Stats = allow, &st
					got := g.Search(nil, q, s)
					for _, h := range got {
						if !allow.Has(h.ID) {
							t.Fatalf("%d is not allowed", h.ID)
						}
					}
					if len(got) != min(10, allow.Count()) {
						t.Fatalf("%s %g: %d hits of %d allowed", kind, share, len(got), allow.Count())
					}
					sum += recall(got, nearest(r, q, 10, allow.Has))
					if st.Flat {
						flat++
					}
					if st.Flat && st.Distances > allow.Count()+max(700, allow.Count()/4)+128+len(g.Landmarks()) {
						t.Errorf("%s %g: %d distances for %d allowed", kind, share, st.Distances, allow.Count())
					}
				}
				if sum/queries < 0.95 {
					t.Errorf("seed %d: %s %g: recall %.3f, %d of %d flat", seed, kind, share, sum/queries, flat, queries)
				}
			}
		}
	}
}
