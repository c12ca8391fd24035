package topk

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What is kept are the highest keys, whatever order they come in, and equal scores
// are ordered by node.
func TestBest(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		want, n := 1+rng.IntN(50), rng.IntN(2000)
		near := Best{Want: want}
		var all []uint64
		for node := range uint32(n) {
			score := float32(rng.IntN(40)-20) / 10 // many are equal
			key := ScoreKey(node, score)
			if KeyScore(key) != score {
				t.Fatalf("score %v became %v", score, KeyScore(key))
			}
			all = append(all, key)
			near.Add(key)
		}
		slices.SortFunc(all, func(a, b uint64) int { return cmp.Compare(b, a) })
		var truth []uint32
		for _, key := range all[:min(want, n)] {
			truth = append(truth, ^uint32(key))
		}
		got := near.Nodes()
		slices.Sort(got)
		slices.Sort(truth)
		if !slices.Equal(got, truth) {
			t.Fatalf("seed %d: the best %d of %d are %v, want %v", seed, want, n, got, truth)
		}
	}
	if s := KeyScore(0); !math.IsInf(float64(s), -1) {
		t.Errorf("no key has score %v", s)
	}
}
