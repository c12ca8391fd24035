package hnsw_test

import (
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

func TestFewNodes(t *testing.T) {
	t.Parallel()
	for n := range 5 {
		r, query := clustered(seed, n, 8)
		g := build(t, r, nil)
		check(t, g)
		for _, k := range []int{-1, 0, 1, 2, 5, 1000} {
			for _, s := range []hnsw.Search{{K: k}, {K: k, Ef: 1}} {
				q := query()
				want := nearest(r, q, max(k, 0), nil)
				same(t, g.Search(nil, q, s), want, "%d nodes, k %d", n, k)
				same(t, g.Walk(nil, q, s)[:min(1, max(k, 0), n)], want[:min(1, max(k, 0), n)], "%d nodes, k %d, walked", n, k)
			}
		}
		before := []hnsw.Hit{{ID: 77}}
		if got := g.Search(before, query(), hnsw.Search{K: 3}); got[0].ID != 77 || len(got) != 1+min(3, n) {
			t.Errorf("Search did not append: %v", got)
		}
	}
}

// TestDuplicates uses data that disconnects other graphs: rows that are all equal,
// and rows of few values, thousands of each.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	n := fewer(4000, 1000)
	for _, values := range []int{1, 3, 40} {
		some, query := clustered(seed, values, 8)
		r := &rows{dims: 8}
		for id := range n {
			r.data = append(r.data, some.data[id*values/n]) // one value after the other
		}
		g := build(t, r, &hnsw.Options{M: 8, EfConstruction: 40})
		check(t, g)
		for _, k := range []int{1, 10, n / 3} {
			q := query()
			same(t, g.Walk(nil, q, hnsw.Search{K: k, Ef: n}), nearest(r, q, k, nil), "%d values", values)
		}
		for id := range uint32(n) {
			if id%10 != 3 {
				g.Delete(id)
			}
		}
		g.Repair(hnsw.RepairOptions{})
		check(t, g)
		q := query()
		same(t, g.Walk(nil, q, hnsw.Search{K: n / 10, Ef: n / 10}), nearest(r, q, n/10, func(id uint32) bool { return id%10 == 3 }), "%d values, deleted", values)
	}
}

// TestSortedClusters inserts one distant cluster after the other.
func TestSortedClusters(t *testing.T) {
	t.Parallel()
	r := &rows{dims: 16}
	var queries [][]byte
	for c := range 20 {
		_, next := clustered(seed+uint64(c), 1, 16) // one centre each
		for range fewer(200, 80) {
			r.data = append(r.data, next())
		}
		queries = append(queries, next())
	}
	g := build(t, r, &hnsw.Options{M: 8, EfConstruction: 60})
	check(t, g)
	sum := 0.0
	for _, q := range queries {
		sum += recall(g.Walk(nil, q, hnsw.Search{K: 10, Ef: 64}), nearest(r, q, 10, nil))
	}
	if got := sum / float64(len(queries)); got < 0.95 {
		t.Errorf("seed %d: recall %.3f", seed, got)
	}
}

// TestSameID repeatedly adds and deletes one id: nothing may grow.
func TestSameID(t *testing.T) {
	t.Parallel()
	n := fewer(200_000, 2000)
	r, _ := clustered(seed, 50, 4)
	g := build(t, r, &hnsw.Options{M: 4})
	bytes := g.Bytes()
	for range n {
		g.Delete(7)
		if freed := g.Repair(hnsw.RepairOptions{Workers: 1}); len(freed) != 1 || freed[0] != 7 {
			t.Fatalf("freed %d", freed)
		}
		if err := g.Add(7); err != nil {
			t.Fatal(err)
		}
	}
	check(t, g)
	if g.Bytes() != bytes || g.Len() != 50 {
		t.Errorf("%d bytes after, %d before; %d nodes", g.Bytes(), bytes, g.Len())
	}
}

func TestDims(t *testing.T) {
	t.Parallel()
	for _, dims := range []int{1, 2, 3, 64, 4096} {
		r, query := clustered(seed, fewer(300, 40), dims)
		g := build(t, r, nil)
		check(t, g)
		q := query()
		same(t, g.Walk(nil, q, hnsw.Search{K: 5, Ef: 300}), nearest(r, q, 5, nil), "%d dims", dims)
	}
}

func TestAllocations(t *testing.T) {
	if slow {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	r, query := clustered(seed, 5000, 8)
	g := build(t, r, &hnsw.Options{M: 8, EfConstruction: 40})
	allow := hnsw.NewBitset(5000)
	for id := range uint32(4000) {
		allow.Set(id)
	}
	q := query()
	dst := make([]hnsw.Hit, 0, 100)
	search := func(name string, s hnsw.Search) {
		if n := testing.AllocsPerRun(100, func() { g.Search(dst, q, s) }); n != 0 {
			t.Errorf("%s: %v allocations a search", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { g.Walk(dst, q, s) }); n != 0 {
			t.Errorf("%s: %v allocations a walk", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { g.Scan(dst, q, s) }); n != 0 {
			t.Errorf("%s: %v allocations a scan", name, n)
		}
	}
	for _, s := range []hnsw.Search{
		{K: 10, Ef: 64},
		{K: 50, Ef: 200, Allow: allow},
		{K: 10, Allow: allow},
		{K: 10},
	} {
		search(fmt.Sprintf("%+v", s), s)
	}
	for id := range uint32(1000) {
		g.Delete(id)
	}
	search("after deletes", hnsw.Search{K: 10, Ef: 64})
	search("some, after deletes", hnsw.Search{K: 10, Allow: allow})
}

// TestDeterministic builds one graph twice.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	r, _ := clustered(seed, fewer(3000, 400), 8)
	one := snapshot(t, build(t, r, &hnsw.Options{Seed: 5}))
	two := snapshot(t, build(t, r, &hnsw.Options{Seed: 5}))
	three := snapshot(t, build(t, r, &hnsw.Options{Seed: 6}))
	if string(one) != string(two) {
		t.Error("one seed, two graphs")
	}
	if string(one) == string(three) {
		t.Error("two seeds, one graph")
	}
}
