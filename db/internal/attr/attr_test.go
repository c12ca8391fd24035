package attr

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
)

// A field with a new value in every write must not make the dictionary grow
// without end, and values that are gone must not change what nodes have.
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
	if n := len(x.columns["at"].dict); n > nodes+1 {
		t.Errorf("seed %d: %d nodes have a dictionary of %d values", seed, len(want), n)
	}
	check := func(x *Index) {
		t.Helper()
		for node := range uint32(nodes) {
			v, there := want[node]
			got := selected(t, x, filter.Eq("at", v), nodes)[node/64]>>(node%64)&1 != 0
			if g := x.Groups(nil, "at", []uint32{node, nodes + 5}, func() Former { return nil }); there != (raw(g[0].entry) == v) || there != (g[0].Key != "") || g[1].Key != "" {
				t.Errorf("seed %d: node %d has %v, want %d", seed, node, g, v)
			}
			if got != there {
				t.Errorf("seed %d: node %d has %d: %v, want %v", seed, node, v, got, there)
			}
		}
	}
	check(x)
	if len(x.columns["at"].dict) <= mapMost {
		t.Fatal("too few values to test reading them back")
	}
	y, err := Decode(x.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	check(y)
}

func selected(t testing.TB, x *Index, e filter.Expr, n uint32) []uint64 {
	t.Helper()
	bits, err := x.Select(e, n, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bits
}

// Rare fields cost memory by their values, and are gone with their last one.
func TestSparse(t *testing.T) {
	t.Parallel()
	const nodes = 20_000
	x := New()
	for node := range uint32(nodes) {
		x.Set(node, map[string]any{"lang": "ko"})
	}
	plain := x.Bytes()
	for node := range uint32(8) {
		m := map[string]any{"lang": "ko"}
		for i := range 250 {
			m[fmt.Sprint("field ", node, " ", i)] = int64(i)
		}
		x.Set(node*1000, m)
	}
	if more := x.Bytes() - plain; more > 2<<20 {
		t.Errorf("2,000 rare fields take %d bytes", more)
	}
	for node := range uint32(8) {
		x.Clear(node * 1000)
	}
	if fields, unknown := x.Fields(map[string]struct{}{"lang": {}, "field 1 1": {}}); fields != 1 || unknown != 1 {
		t.Errorf("%d fields, %d unknown", fields, unknown)
	}
	if b := x.Append(nil); bytes.Contains(b, []byte("field")) {
		t.Error("a field without values is written")
	}
}

// A model of maps, over columns that become dense and sparse again.
func TestShapes(t *testing.T) {
	t.Parallel()
	const nodes = 3000
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	x := New()
	want := make([]map[string]any, nodes)
	for phase := range 6 {
		for range 4000 {
			node := rng.Uint32N(nodes)
			m := map[string]any{"all": "x"}
			if rng.IntN(10) < []int{0, 5, 10, 5, 1, 0}[phase] {
				m["some"] = int64(rng.IntN(20))
			}
			if rng.IntN(500) == 0 {
				m["rare"] = true
			}
			if rng.IntN(4) == 0 {
				x.Clear(node)
				want[node] = nil
				continue
			}
			x.Set(node, m)
			want[node] = m
		}
		for _, from := range []string{"memory", "snapshot"} {
			for _, e := range []filter.Expr{filter.Eq("some", int64(3)), filter.Ne("some", int64(3)), filter.Lt("some", int64(9)), filter.Eq("rare", true), filter.Not(filter.Eq("rare", true)), filter.Exists("all")} {
				got := selected(t, x, e, nodes)
				for node := range uint32(nodes) {
					meets := e.Match(func(name string) (any, bool) { v, ok := want[node][name]; return v, ok })
					if got[node/64]>>(node%64)&1 != 0 != meets {
						t.Fatalf("seed %d phase %d from %s: node %d with %v, %v: %v", seed, phase, from, node, want[node], e, !meets)
					}
				}
			}
			y, err := Decode(x.Append(nil))
			if err != nil {
				t.Fatal(err)
			}
			x = y
		}
	}
}
