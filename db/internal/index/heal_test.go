package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Each kind of damage to what is derived is found, and healed, while searches
// and writes go on.
func TestHeal(t *testing.T) {
	for _, test := range []struct {
		name    string
		damage  func(x *Index)
		faults  int
		rebuilt bool
	}{
		{"graph", func(x *Index) { x.graph.delete(100); x.graph.delete(200) }, 2, false},
		{"codes", func(x *Index) { x.codes.wipe(300) }, 1, false},
		{"rows", func(x *Index) { _ = x.rows.Put(400, store.AppendVector(nil, make([]float32, 8))) }, 1, false},
		{"nodes", func(x *Index) { x.nodes.kill(500, 0) }, 1, true},
		{"much", func(x *Index) {
			for n := range uint32(1200) {
				x.graph.delete(n)
			}
		}, 1200, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			x := open(t, Settings{Dims: 8, Graph: GraphAlways})
			x.upsert(x.puts(0, 3000)...)
			test.damage(x.Index)
			e := x.examine()
			if e.FaultCount < test.faults || e.Sound() {
				t.Fatalf("%d faults found, want %d", e.FaultCount, test.faults)
			}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(1, 1))
				for ctx.Err() == nil {
					if m, _, err := x.search(draw(rng, 8), 5); err != nil || len(m) != 5 {
						t.Error(m, err)
					}
					// Not one of the damaged documents: that would heal it.
					id := fmt.Sprint(1500 + rng.IntN(1500))
					if _, err := x.Upsert([]Put{{Record: store.Record{ID: id, Precomputed: true}, Vector: draw(rng, 8)}}, nil); err != nil {
						t.Error(err)
					}
				}
			})
			did, err := x.Heal(t.Context(), e)
			if err != nil {
				t.Error(err)
			}
			if rebuilt := did == "rebuilt the index from the store"; rebuilt != test.rebuilt {
				t.Error(did)
			}
			stop()
			wg.Wait()
			if e := x.examine(); !e.Sound() || e.Documents != 3000 {
				t.Errorf("afterwards: %+v", e)
			}
			if n := x.count(); n != 3000 {
				t.Error(n)
			}
		})
	}
}

// What is written after the examination and before the healing is not taken for
// what was wrong then.
func TestHealAfterWrite(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 10)...)
	// A document whose own id does not lead to it.
	put := Put{Record: store.Record{ID: "mine", Text: "old"}, Vector: x.vector()}
	b := put.encode()
	b.ID = "other"
	done, err := x.st.Commit(&store.Batch{Collection: x.id, Puts: []store.Put{b}})
	if err != nil {
		t.Fatal(err)
	}
	x.link([]Put{put}, done)
	e := x.examine()
	if len(e.stored) != 2 || !e.stored[0].Mendable() {
		t.Fatal(e.stored)
	}
	x.upsert(Put{Record: store.Record{ID: "mine", Text: "new"}, Vector: x.vector()})
	for range 2 { // what is put in order uncovers more
		if _, err := x.Heal(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		r, err := x.Read()
		if err != nil {
			t.Fatal(err)
		}
		if rec, ok, err := r.Record(x.nodeOf("mine"), store.WithText); err != nil || !ok || rec.Text != "new" {
			t.Errorf("%+v, %v", rec, err)
		}
		r.Close()
		e = x.examine()
	}
	if !e.Sound() || e.Documents != 11 {
		t.Errorf("%+v", e)
	}
}

// While documents are linked again, searches find each of them, those that are
// detached from the graph for the moment as well.
func TestFoundDuringHealing(t *testing.T) {
	for _, head := range []int{8, 4} { // without tails, and with
		t.Run(fmt.Sprint(head), func(t *testing.T) {
			t.Parallel()
			const n = scanBelow + 1000 // beyond what is scanned
			x := open(t, Settings{Dims: 8, HeadDims: head, EfConstruction: 64, Oversampling: 100})
			puts := x.puts(0, n)
			x.upsert(puts...)
			found := func(p Put) bool {
				m, trace, err := x.search(p.Vector, 1)
				if err != nil || len(m) != 1 || trace.Plan != PlanGraph {
					t.Error(m, err, trace.Plan)
				}
				return len(m) == 1 && m[0].Record.ID == p.ID
			}
			puts = slices.DeleteFunc(puts, func(p Put) bool { return !found(p) })
			if len(puts) < scanBelow {
				t.Fatalf("only %d documents are found to begin with", len(puts))
			}
			again := puts[:900]
			var nodes []uint32
			for _, p := range again {
				nodes = append(nodes, x.nodeOf(p.ID))
			}
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for w := range 2 {
				wg.Go(func() {
					rng := rand.New(rand.NewPCG(23, uint64(w)))
					for n := 0; ctx.Err() == nil && !t.Failed(); n++ {
						if p := again[rng.IntN(len(again))]; !found(p) {
							t.Errorf("after %d searches: document %s is not found", n, p.ID)
						}
					}
				})
			}
			for range 4 {
				if n, err := x.linkAgain(t.Context(), nodes); n != len(nodes) || err != nil {
					t.Error(n, err)
				}
			}
			stop()
			wg.Wait()
			if x.detachedNodes() != nil || x.graph.linked() != n {
				t.Error(len(x.detachedNodes()), x.graph.linked())
			}
		})
	}
}
