package fusion

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func hits(nodes ...uint32) (h []Hit) {
	for i, node := range nodes {
		h = append(h, Hit{node, float32(len(nodes) - i)})
	}
	return h
}

func nodes(h []Hit) (n []uint32) {
	for _, h := range h {
		n = append(n, h.Node)
	}
	return n
}

func TestReciprocal(t *testing.T) {
	t.Parallel()
	dense := List{Hits: hits(1, 2, 3), Weight: 1}
	words := List{Hits: hits(3, 4), Weight: 1}
	got := Reciprocal(nil, 0, dense, words)
	// 3 is in both; 1 has rank 1; 2 and 4 share rank 2 and go by node.
	if want := []uint32{3, 1, 2, 4}; !slices.Equal(nodes(got), want) {
		t.Errorf("order %v, want %v", nodes(got), want)
	}
	if want := 1.0/63 + 1.0/61; math.Abs(float64(got[0].Score)-want) > 1e-7 {
		t.Errorf("score %v, want %v", got[0].Score, want)
	}
	words.Weight = 3
	if got := nodes(Reciprocal(nil, 1, dense, words)); !slices.Equal(got, []uint32{3, 4, 1, 2}) {
		t.Errorf("weighted: %v", got)
	}
	words.Weight = 0
	if got := nodes(Reciprocal(nil, 1, dense, words)); !slices.Equal(got, []uint32{1, 2, 3, 4}) {
		t.Errorf("weight 0: %v", got)
	}
}

func TestWeighted(t *testing.T) {
	t.Parallel()
	dense := List{Hits: []Hit{{1, 0.9}, {2, 0.8}, {3, 0.5}}, Weight: 1}
	words := List{Hits: []Hit{{3, 12}, {4, 2}}, Weight: 1}
	got := Weighted(nil, dense, words)
	want := []Hit{{1, 0.5}, {3, 0.5}, {2, 0.375}, {4, 0}}
	if !near(got, want) {
		t.Errorf("by the list's scale: %v, want %v", got, want)
	}
	// On a fixed scale a leg whose best is poor does not count much.
	dense.Scale, words.Scale = Scale{0.4, 0.9}, Scale{0, 48}
	got = Weighted(got[:0], dense, words)
	if want := []Hit{{1, 0.5}, {2, 0.4}, {3, 0.225}, {4, 1. / 48}}; !near(got, want) {
		t.Errorf("by a fixed scale: %v, want %v", got, want)
	}
	if got := Weighted(nil, List{Hits: []Hit{{1, 3}, {2, 3}}, Weight: 2}); !near(got, []Hit{{1, 1}, {2, 1}}) {
		t.Errorf("all the same: %v", got)
	}
}

func near(got, want []Hit) bool {
	return slices.EqualFunc(got, want, func(a, b Hit) bool {
		return a.Node == b.Node && math.Abs(float64(a.Score-b.Score)) < 1e-6
	})
}

func TestNothing(t *testing.T) {
	t.Parallel()
	if got := Reciprocal(nil, 0); len(got) != 0 {
		t.Errorf("no lists: %v", got)
	}
	if got := Weighted(nil, List{Weight: 1}, List{}); len(got) != 0 {
		t.Errorf("empty lists: %v", got)
	}
	before := hits(9)
	got := Weighted(before, List{Hits: hits(1, 2), Weight: 1})
	if want := []uint32{9, 1, 2}; !slices.Equal(nodes(got), want) {
		t.Errorf("appended: %v", got)
	}
}

// TestProperties: the result has every document once, in order, whichever way
// the lists come; one list alone keeps its order; better ranks in all lists
// are better in the result.
func TestProperties(t *testing.T) {
	t.Parallel()
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 1))
	random := func() List {
		l := List{Weight: rng.Float64() + 0.1}
		for _, node := range rng.Perm(60)[:rng.IntN(40)] {
			l.Hits = append(l.Hits, Hit{uint32(node), rng.Float32()})
		}
		slices.SortFunc(l.Hits, func(a, b Hit) int { return int(math.Copysign(1, float64(b.Score-a.Score))) })
		return l
	}
	ways := map[string]func(...List) []Hit{
		"reciprocal": func(l ...List) []Hit { return Reciprocal(nil, 0, l...) },
		"weighted":   func(l ...List) []Hit { return Weighted(nil, l...) },
	}
	for range 300 {
		a, b := random(), random()
		for name, fuse := range ways {
			got := fuse(a, b)
			if !slices.Equal(got, fuse(b, a)) {
				t.Fatalf("seed %d: %s depends on the order of the lists", seed, name)
			}
			if alone := nodes(fuse(a)); !slices.Equal(alone, nodes(a.Hits)) {
				t.Fatalf("seed %d: %s of one list is %v, not %v", seed, name, alone, nodes(a.Hits))
			}
			all := slices.Concat(nodes(a.Hits), nodes(b.Hits))
			slices.Sort(all)
			all = slices.Compact(all)
			if have := slices.Sorted(slices.Values(nodes(got))); !slices.Equal(have, all) {
				t.Fatalf("seed %d: %s has %v, want %v", seed, name, have, all)
			}
			place := make(map[uint32]int)
			for i, h := range got {
				place[h.Node] = i
			}
			rankA, rankB := ranks(a), ranks(b)
			for _, x := range got {
				for _, y := range got {
					xa, xb, ya, yb := rankA(x.Node), rankB(x.Node), rankA(y.Node), rankB(y.Node)
					if xa < ya && xb < yb && place[x.Node] > place[y.Node] && x.Score != y.Score {
						t.Fatalf("seed %d: %s puts %d before %d", seed, name, y.Node, x.Node)
					}
				}
			}
		}
	}
}

func ranks(l List) func(node uint32) int {
	return func(node uint32) int {
		if i := slices.IndexFunc(l.Hits, func(h Hit) bool { return h.Node == node }); i >= 0 {
			return i
		}
		return len(l.Hits) + 1
	}
}
