package attr

import (
	"math/rand/v2"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
)

// A field with a new value in every write must not make the dictionary grow
// without end, and compacting must not change what nodes have.
func TestDictionaryStaysSmall(t *testing.T) {
	t.Parallel()
	const nodes, seed = 3000, 7
	rng := rand.New(rand.NewPCG(seed, 0))
	x := New()
	want := make(map[uint32]int64) // node → value
	for step := range int64(50_000) {
		node := rng.Uint32N(nodes)
		if rng.IntN(10) == 0 {
			x.Set(node, map[string]any{"other": true})
			delete(want, node)
			continue
		}
		x.Set(node, map[string]any{"at": step})
		want[node] = step
	}
	if n := len(x.columns["at"].dict); n > 1024+2*nodes {
		t.Errorf("seed %d: %d nodes have a dictionary of %d values", seed, len(want), n)
	}
	check := func(x *Index) {
		t.Helper()
		for node := range uint32(nodes) {
			v, there := want[node]
			got := x.Select(filter.Eq("at", v), nodes)[node/64]>>(node%64)&1 != 0
			having := x.Having("at", nodes, int64(-1), v)
			if got != (having != nil && having[node/64]>>(node%64)&1 != 0) {
				t.Errorf("seed %d: node %d: Having and Select differ", seed, node)
			}
			if value := x.Values(nil, "at", []uint32{node, nodes + 5}); there != (value[0] == v) || !there != (value[0] == nil) || value[1] != nil {
				t.Errorf("seed %d: node %d has %v, want %d", seed, node, value, v)
			}
			if got != there {
				t.Errorf("seed %d: node %d has %d: %v, want %v", seed, node, v, got, there)
			}
		}
	}
	check(x)
	if len(x.columns["at"].dict) <= compactFrom {
		t.Fatal("too few values to test reading them back")
	}
	y, err := Decode(x.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	check(y)
}
