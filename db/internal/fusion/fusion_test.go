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

func TestScale(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		scale       Scale
		score, want float64
	}{
		{Scale{0.4, 0.9}, 0.9, 1},
		{Scale{0.4, 0.9}, 0.65, 0.5},
		{Scale{0.4, 0.9}, 0.4, 0},
		{Scale{0.4, 0.9}, 0.1, 0},
		{Scale{0, 48}, 60, 1},
		{Scale{0, 48}, 12, 0.25},
		{Scale{1, 1}, 1, 1},
		{Scale{1, 1}, 0.9, 0},
		{Scale{}, 0, 1},
	} {
		if got := test.scale.Apply(float32(test.score)); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%v of %v: %v, want %v", test.scale, test.score, got, test.want)
		}
	}
}

func TestNothing(t *testing.T) {
	t.Parallel()
	if got := Reciprocal(nil, 0); len(got) != 0 {
		t.Errorf("no lists: %v", got)
	}
	if got := Reciprocal(nil, 0, List{Weight: 1}, List{}); len(got) != 0 {
		t.Errorf("empty lists: %v", got)
	}
	before := hits(9)
	got := Reciprocal(before, 0, List{Hits: hits(1, 2), Weight: 1})
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
	fuse := func(l ...List) []Hit { return Reciprocal(nil, 0, l...) }
	for range 300 {
		a, b := random(), random()
		got := fuse(a, b)
		if !slices.Equal(got, fuse(b, a)) {
			t.Fatalf("seed %d: it depends on the order of the lists", seed)
		}
		if alone := nodes(fuse(a)); !slices.Equal(alone, nodes(a.Hits)) {
			t.Fatalf("seed %d: it of one list is %v, not %v", seed, alone, nodes(a.Hits))
		}
		all := slices.Concat(nodes(a.Hits), nodes(b.Hits))
		slices.Sort(all)
		all = slices.Compact(all)
		if have := slices.Sorted(slices.Values(nodes(got))); !slices.Equal(have, all) {
			t.Fatalf("seed %d: it has %v, want %v", seed, have, all)
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
					t.Fatalf("seed %d: it puts %d before %d", seed, y.Node, x.Node)
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
