package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A scan for several vectors finds what a scan for each finds.
func TestTogether(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 16})
	x.upsert(x.puts(0, 700)...)
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, want := range []int{1, 40, 699, 1000} {
		vectors := [][]float32{x.vector(), x.vector(), x.vector()}
		for _, allowed := range []bits{nil, allBits(300)} {
			s, done, err := r.begin(&Query{Vector: vectors[0], K: 10}, new(Trace))
			defer done()
			if err != nil {
				t.Fatal(err)
			}
			s.allowed = allowed
			all := s.nearestOf(t.Context(), vectors, want, 2, 2)
			for i, v := range vectors {
				s.q.Vector = v
				one, err := s.nearest(t.Context(), want)
				if err != nil {
					t.Fatal(err)
				}
				slices.Sort(one)
				slices.Sort(all[i])
				if !slices.Equal(one, all[i]) {
					t.Errorf("%d of vector %d: %d nodes, want %d", want, i, len(all[i]), len(one))
				}
			}
		}
	}
}

// What parts of a question leave out, because it cannot reach the bar, would not have been
// among the results.
func TestPartsBar(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	x := open(t, Settings{Dims: 16})
	puts := x.puts(0, 600)
	word := func() string { return fmt.Sprintf("w%d", int(rng.ExpFloat64()*30)) }
	for i := range puts {
		puts[i].Text = ""
		for range 3 + rng.IntN(20) {
			puts[i].Text += word() + " "
		}
	}
	x.upsert(puts...)
	r, err := x.Read()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const k = 10
	fewer := 0
	for range 30 {
		q := Query{Vector: x.vector(), K: k}
		for range 4 {
			p := Part{Vector: x.vector()}
			for range 6 {
				p.Text += word() + " "
			}
			q.Text += p.Text
			q.Parts = append(q.Parts, p)
		}
		s, done, err := r.begin(&q, new(Trace))
		defer done()
		if err != nil {
			t.Fatal(err)
		}
		ranked := func(perGroup, workers int) []scored {
			q.PerGroup = 0
			whole, err := s.both(t.Context(), k)
			if err != nil {
				t.Fatal(err)
			}
			if whole, err = fuse([]*search{s}, [][]scored{whole}, k); err != nil {
				t.Fatal(err)
			}
			q.PerGroup = perGroup // which needs more than k, and leaves nothing out
			all, err := s.partsBy(t.Context(), k, whole, workers)
			if err != nil {
				t.Fatal(err)
			}
			order(all)
			return all
		}
		all, some := ranked(1, 1), ranked(0, 3)
		same := func(a, b scored) bool { return a.node == b.node && a.score == b.score }
		if !slices.EqualFunc(all[:k], some[:k], same) {
			t.Fatalf("seed %d: %+v, want %+v", seed, some[:k], all[:k])
		}
		if len(some) < len(all) {
			fewer++
		}
	}
	if fewer == 0 {
		t.Errorf("seed %d: nothing was left out", seed)
	}
}
