package hnsw_test

import (
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
)

const seed = 20261123 // of every random test here; printed when one fails

func TestRecall(t *testing.T) {
	t.Parallel()
	n, dims, queries := fewer(50_000, 4000), 20, 200
	r, query := clustered(seed, n, dims)
	g, err := hnsw.New(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	addParallel(t, g, r.Len())
	check(t, g)
	sum := 0.0
	for range queries {
		q := query()
		var st hnsw.Stats
		got := g.Search(nil, q, hnsw.Search{K: 10, Ef: 128, Stats: &st})
		if st.Flat {
			t.Fatal("the search was a flat scan: nothing is tested")
		}
		sum += recall(got, nearest(r, q, 10, nil))
	}
	if got := sum / float64(queries); got < 0.98 {
		t.Errorf("seed %d: recall@10 %.4f at ef 128, want 0.98", seed, got)
	} else {
		t.Logf("seed %d: recall@10 %.4f", seed, got)
	}
}

// addParallel adds ids 0 to n-1 from as many goroutines as there are cores.
func addParallel(tb testing.TB, g *hnsw.Graph, n int) {
	tb.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(2, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				id := int(next.Add(1)) - 1
				if id >= n {
					return
				}
				if err := g.Add(uint32(id)); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := hnsw.New(&rows{dims: 1}, &hnsw.Options{M: 1, EfConstruction: -3})
	if !errors.Is(err, hnsw.ErrOptions) {
		t.Fatalf("got %v", err)
	}
	if _, err := hnsw.New(nil, nil); err == nil {
		t.Fatal("no error without a space")
	}
	g, err := hnsw.New(&rows{dims: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := g.Options(); o.M != 16 || o.EfConstruction != 200 {
		t.Errorf("defaults %+v", o)
	}
	for o, ok := range map[hnsw.Options]bool{
		{M: 2}: true, {M: 128}: true, {M: 129}: false,
		{EfConstruction: 1}: true, {EfConstruction: 10_000}: true, {EfConstruction: 10_001}: false,
	} {
		if _, err := hnsw.New(&rows{dims: 1}, &o); (err == nil) != ok {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestSameGraph pins a graph as its snapshot shows it, after inserts and
// a repair. If it fails, one of them has changed, which calls for a
// measurement, or the format, which calls for a new version.
func TestSameGraph(t *testing.T) {
	t.Parallel()
	const n, dims = 2000, 8
	rng := rand.New(rand.NewPCG(seed, 9))
	r := &rows{dims: dims}
	for range n { // integers alone, which are the same on every machine
		v := make([]int8, dims)
		for d := range v {
			v[d] = int8(rng.IntN(201) - 100)
		}
		r.add(v)
	}
	g := build(t, r, &hnsw.Options{M: 6, EfConstruction: 60, Seed: 1})
	same := func(after string, want uint32) {
		t.Helper()
		if got := crc32.ChecksumIEEE(snapshot(t, g)); got != want {
			t.Errorf("after %s the snapshot has checksum %#x, want %#x", after, got, want)
		}
	}
	same("inserts", 0x4e72bc0f)
	for id := uint32(0); id < n; id += 3 {
		g.Delete(id)
	}
	g.Repair(hnsw.RepairOptions{Workers: 1})
	same("a repair", 0x2c2e6cdd)
}

func TestAddErrors(t *testing.T) {
	t.Parallel()
	r, _ := clustered(seed, 10, 8)
	g := build(t, r, nil)
	if err := g.Add(3); !errors.Is(err, hnsw.ErrExists) {
		t.Errorf("adding a live id: %v", err)
	}
	g.Delete(3)
	if err := g.Add(3); !errors.Is(err, hnsw.ErrExists) {
		t.Errorf("adding a deleted id: %v", err)
	}
	if err := g.Add(hnsw.MaxID + 1); !errors.Is(err, hnsw.ErrID) {
		t.Errorf("adding too large an id: %v", err)
	}
	check(t, g)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	n := uint32(fewer(6000, 3000))
	r, query := clustered(seed, int(n), 16)
	g := build(t, r, &hnsw.Options{EfConstruction: 60})
	for id := uint32(0); id < n; id += 3 {
		if !g.Delete(id) {
			t.Fatalf("%d was not live", id)
		}
		if g.Delete(id) {
			t.Fatalf("%d was deleted twice", id)
		}
	}
	if g.Len() != int(n/3*2) || g.Dead() != int(n/3) {
		t.Fatalf("%d live, %d dead", g.Len(), g.Dead())
	}
	check(t, g)
	sum := 0.0
	for range 100 {
		q := query()
		got := g.Search(nil, q, hnsw.Search{K: 10, Ef: 32})
		for _, h := range got {
			if h.ID%3 == 0 {
				t.Fatalf("seed %d: deleted node %d was returned", seed, h.ID)
			}
		}
		sum += recall(got, nearest(r, q, 10, func(id uint32) bool { return id%3 != 0 }))
	}
	if sum/100 < 0.95 {
		t.Errorf("seed %d: recall %.4f after deleting a third", seed, sum/100)
	}
}
