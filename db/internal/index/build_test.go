package index

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// soon lowers the sizes from which on a graph is built by itself for tests that run alone.
func soon(t *testing.T, documents, dims int) {
	t.Helper()
	table, err := quant.NewSketches(dims, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	was := buildFrom
	buildFrom = documents * table.CodeSize()
	t.Cleanup(func() { buildFrom = was })
}

// askAll lets an index receive as many questions as the plan wants.
func (f *fixture) askAll() {
	f.tb.Helper()
	for f.questions.received() < questionsMost {
		if _, _, err := f.search(f.vector(), 3); err != nil {
			f.tb.Fatal(err)
		}
	}
}

// A collection has no graph until it is large and asked, or until it is asked for one.
func TestGraphWhenWorthIt(t *testing.T) {
	soon(t, 2000, 8)
	state := func(x *fixture, want GraphState) {
		t.Helper()
		x.background.Wait()
		s, err := x.Stats()
		if err != nil || s.State != want || (s.Graph > 0) != (want == GraphReady) {
			t.Fatalf("%s with %d links of %d bytes, want %s; %v", s.State, s.Linked, s.Graph, want, err)
		}
		if want == GraphReady && s.Linked != x.count() {
			t.Fatalf("%d documents in the graph of %d", s.Linked, x.count())
		}
		if e := x.examine(); !e.Sound() || (e.Queried > 0) != (want == GraphReady) {
			t.Fatalf("%+v", e)
		}
	}
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 1500)...)
	x.askAll()
	state(x, GraphNone) // not large
	x.upsert(x.puts(1500, 600)...)
	state(x, GraphNone) // only written to
	if _, _, err := x.search(x.vector(), 3); err != nil {
		t.Fatal(err)
	}
	state(x, GraphReady)
	x.upsert(x.puts(3000, 100)...)
	state(x, GraphReady)
	x.reopen()
	state(x, GraphReady)

	x = open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 2500)...)
	x.reopen()
	state(x, GraphNone) // large, but never asked
	x.opts.NoQuestions = true
	x.reopen()
	for range questionsMost + 1 {
		if _, _, err := x.search(x.vector(), 3); err != nil {
			t.Fatal(err)
		}
	}
	state(x, GraphNone) // no questions are kept

	x = open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 700)...)
	for _, want := range []Plan{PlanScan, PlanGraph} {
		var trace Trace
		r, err := x.Read()
		if err != nil {
			t.Fatal(err)
		}
		if m, err := r.Search(t.Context(), Query{Vector: x.vector(), K: 5, EfSearch: 50}, &trace); err != nil || len(m) != 5 || trace.Plan != want {
			t.Errorf("asked for the graph: %d results by %s, want %s; %v", len(m), trace.Plan, want, err)
		}
		r.Close()
		state(x, GraphReady)
	}

	for name, set := range map[string]Settings{"always": {Graph: GraphAlways}, "beam": {EfSearch: 50}, "oversampling": {Oversampling: 5}} {
		set.Dims = 8
		x = open(t, set)
		x.upsert(x.puts(0, 10)...)
		if !x.graph.whole.Load() || x.graph.linked() != 10 {
			t.Errorf("%s: %s, %d", name, x.graph.state(), x.graph.linked())
		}
		state(x, GraphReady)
		Remove(x.dir, x.id)
		x.reopen()
		state(x, GraphReady)
	}

	// The setting may change from one opening to the next, and a graph that is there stays.
	x = open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 300)...)
	state(x, GraphNone)
	x.opts.Settings.Graph = GraphAlways
	x.reopen()
	state(x, GraphReady)
	x.opts.Settings.Graph = ""
	x.reopen()
	state(x, GraphReady)
}

// A database that is opened read-only builds no graph, and answers all the same.
func TestReadOnlyBuildsNothing(t *testing.T) {
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 1000)...)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	o := x.opts
	o.ReadOnly = true
	o.Settings.Graph = GraphAlways
	y, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{Index: y, tb: t, rng: x.rng}
	r, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	var trace Trace
	m, err := r.Search(t.Context(), Query{Vector: f.vector(), K: 5, EfSearch: 20}, &trace)
	r.Close()
	y.background.Wait()
	if err != nil || len(m) != 5 || trace.Plan != PlanScan || y.graph.state() != GraphNone {
		t.Errorf("%d results by %s, %v; graph: %s", len(m), trace.Plan, err, y.graph.state())
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	x.reopen()
}

// model is what an index should hold.
type model map[string][]float32

// ids are the ids in their order.
func (m model) ids() []string { return slices.Sorted(maps.Keys(m)) }

// nearest are the ids of the k nearest, best first.
func (m model) nearest(q []float32, k int) []string {
	type near struct {
		id     string
		cosine float32
	}
	all := make([]near, 0, len(m))
	for id, v := range m {
		all = append(all, near{id, quant.Dot(q, v)})
	}
	slices.SortFunc(all, func(a, b near) int { return cmp.Compare(b.cosine, a.cosine) })
	ids := make([]string, 0, k)
	for _, n := range all[:min(k, len(all))] {
		ids = append(ids, n.id)
	}
	return ids
}

// Whatever is written, deleted, searched, repaired, saved and opened again while the graph
// is not there, is being built and is there: searches agree with a model, and everything
// derived with the store.
func TestDeferredGraphAgainstModel(t *testing.T) {
	soon(t, 1500, 8)
	sets := []Settings{{Dims: 8, HeadDims: 4}, {Dims: 8}, {Dims: 8, HeadDims: 4, NoTail: true}, {Dims: 16, Full: true}}
	if testing.Short() {
		sets = sets[:1]
	}
	for _, set := range sets {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("%d/%d seed %d", set.HeadDims, set.Dims, seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			x := open(t, set)
			x.rng = rng
			m := model{}
			states := map[GraphState]int{}
			wrong, asked := 0, 0
			write := func(n int) {
				for range n {
					p := x.puts(rng.IntN(4000), 1)[0]
					if rng.IntN(5) == 0 && len(m) > 0 { // a copy
						ids := m.ids()
						p.Vector = m[ids[rng.IntN(len(ids))]]
					}
					m[p.ID] = p.Vector
					x.upsert(p)
				}
			}
			many := func(first, n int) {
				puts := x.puts(first, n)
				for _, p := range puts {
					m[p.ID] = p.Vector
				}
				x.upsert(puts...)
			}
			many(0, 900)
			for step := range 120 {
				switch rng.IntN(6) {
				case 0, 1:
					many(rng.IntN(4000), 100)
				case 2:
					write(5)
				case 3:
					ids := m.ids()
					rng.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
					ids = ids[:min(len(ids), 20+rng.IntN(30))]
					for _, id := range ids {
						delete(m, id)
					}
					if n, err := x.Delete(ids); err != nil || n != len(ids) {
						t.Fatal(n, err)
					}
				case 4:
					for range 30 {
						states[x.graph.state()]++
						q := x.vector()
						found, _, err := x.search(q, 5)
						if err != nil {
							t.Fatal(err)
						}
						want := m.nearest(q, 5)
						for i, id := range want {
							asked++
							if i >= len(found) || quant.Dot(q, m[found[i].Record.ID]) < quant.Dot(q, m[id])-1e-5 {
								wrong++
							}
						}
					}
				case 5:
					switch rng.IntN(5) {
					case 0:
						if err := x.Save(t.Context()); err != nil {
							t.Fatal(err)
						}
					case 1:
						if _, err := x.Repair(); err != nil {
							t.Fatal(err)
						}
					case 2:
						x.reopen()
					case 3:
						nodes := make([]uint32, 50)
						for i := range nodes {
							nodes[i] = rng.Uint32N(x.bound())
						}
						if _, err := x.linkAgain(t.Context(), nodes); err != nil {
							t.Fatal(err)
						}
					case 4:
						if rng.IntN(4) == 0 {
							if _, err := x.renew(t.Context()); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
				if step == 60 { // from here on it is worth it
					many(4000, 1600)
					for range questionsMost {
						x.questions.offer(x.vector())
					}
				}
			}
			for x.graph.state() != GraphReady {
				if _, _, err := x.search(x.vector(), 1); err != nil {
					t.Fatal(err)
				}
				x.background.Wait()
			}
			if e := x.examine(); e.FaultCount > 0 || e.Documents != len(m) || e.Queried != len(m) {
				t.Errorf("%+v, want %d documents", e, len(m))
			}
			if x.graph.linked() != len(m) || x.members.count() != len(m) {
				t.Errorf("%d in the graph, %d members, want %d", x.graph.linked(), x.members.count(), len(m))
			}
			if wrong*100 > asked {
				t.Errorf("%d of %d results are wrong", wrong, asked)
			}
			t.Logf("states of the graph at searches: %v; %d of %d results wrong", states, wrong, asked)
		})
	}
}

// Writers, deletes, searches, snapshots and repairs go on while a graph is built, and all
// of them are right then; an index that is closed in the middle goes on when it is opened
// again, as does one that was killed.
func TestBuildsBesideWrites(t *testing.T) {
	soon(t, 1000, 16)
	x := open(t, Settings{Dims: 16, HeadDims: 8})
	x.upsert(x.puts(0, 3000)...)
	for range questionsMost {
		x.questions.offer(x.vector())
	}
	rounds := 4
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		loop := func(seed uint64, do func(rng *rand.Rand) error) {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(round)))
				for ctx.Err() == nil {
					if err := do(rng); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for w := range uint64(2) {
			loop(w, func(rng *rand.Rand) error {
				id := fmt.Sprint(rng.IntN(4000))
				_, err := x.Upsert([]Put{{Record: store.Record{ID: id, Precomputed: true}, Vector: draw(rng, 16)}}, nil)
				return err
			})
		}
		loop(3, func(rng *rand.Rand) error {
			_, err := x.Delete([]string{fmt.Sprint(rng.IntN(4000))})
			return err
		})
		loop(4, func(rng *rand.Rand) error {
			m, _, err := x.search(draw(rng, 16), 5)
			if err == nil && len(m) != 5 {
				err = fmt.Errorf("%d results", len(m))
			}
			return err
		})
		loop(5, func(*rand.Rand) error { time.Sleep(5 * time.Millisecond); return x.Save(t.Context()) })
		loop(6, func(*rand.Rand) error { time.Sleep(7 * time.Millisecond); _, err := x.Repair(); return err })
		for x.graph.state() == GraphNone {
			time.Sleep(time.Millisecond)
		}
		if round > 0 {
			for x.graph.state() != GraphReady {
				time.Sleep(time.Millisecond)
			}
		}
		stop()
		wg.Wait()
		if round%2 == 1 {
			if e := x.examine(); e.FaultCount > 0 || e.Queried != e.Documents {
				t.Fatalf("round %d: %+v", round, e)
			}
			Remove(x.dir, x.id) // what a snapshot has of the graph is gone
			x.saved.Store(x.visible.now.Load().seq)
			if err := x.keepQuestions(); err != nil {
				t.Fatal(err)
			}
		}
		x.reopen()
	}
}

// A graph that is half built lies in the snapshot, and the next opening goes on with it.
func TestHalfBuilt(t *testing.T) {
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 2000)...)
	g, err := x.newLinks(x.codes)
	if err != nil {
		t.Fatal(err)
	}
	x.graph.made.Store(g)
	for node := range uint32(700) {
		if err := g.Add(node); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.Delete([]string{"3", "4", "1500"}); err != nil {
		t.Fatal(err)
	}
	if e := x.examine(); !e.Sound() || e.Queried != 0 {
		t.Errorf("half built: %+v", e)
	}
	if r, err := x.Reachability(t.Context(), 0, 100); err != nil || r.Asked != 0 || r.Next != 0 {
		t.Errorf("half built: %+v, %v", r, err)
	}
	if s, err := x.Stats(); err != nil || s.State != GraphBuilding || s.Linked != 698 || s.Dead != 3 {
		t.Errorf("half built: %+v, %v", s, err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	o := x.opts
	o.ReadOnly = true
	y, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if y.graph.state() != GraphBuilding || y.graph.linked() != 698 || y.members.count() != 1997 {
		t.Errorf("opened read-only: %s, %d of %d", y.graph.state(), y.graph.linked(), y.members.count())
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	x.reopen()
	x.background.Wait()
	if x.graph.state() != GraphReady || x.graph.linked() != 1997 {
		t.Errorf("opened again: %s, %d", x.graph.state(), x.graph.linked())
	}
	if e := x.examine(); !e.Sound() || e.Queried != 1997 {
		t.Errorf("whole: %+v", e)
	}
	if strings.Contains(x.log.String(), "rebuilding") {
		t.Error(x.log)
	}
}

// Documents without a sound vector stay out of dense search without a graph, too, and
// come back when they are written again.
func TestUnsoundWithoutGraph(t *testing.T) {
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 50)...)
	bad := x.nodeOf("7")
	b := (&Put{Record: store.Record{ID: "7", Precomputed: true}, Vector: make([]float32, 8)}).encode()
	if _, err := x.st.Commit(&store.Batch{Collection: x.id, Puts: []store.Put{b}}); err != nil {
		t.Fatal(err)
	}
	if err := x.Discard(); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"store", "snapshot"} {
		var err error
		if x.Index, err = Open(t.Context(), x.opts); err != nil {
			t.Fatal(err)
		}
		node := x.nodeOf("7")
		if node == bad || x.members.has(node) || x.members.count() != 49 {
			t.Errorf("from the %s: node %d, %d members", from, node, x.members.count())
		}
		if m, _, err := x.search(x.vector(), 60); err != nil || len(m) != 49 {
			t.Errorf("from the %s: %d results, %v", from, len(m), err)
		}
		if from == "store" {
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	puts := x.puts(7, 1)
	if err := x.Compare(puts); err != nil || puts[0].Unchanged {
		t.Error("taken for unchanged", err)
	}
	x.upsert(puts...)
	if m, _, err := x.search(puts[0].Vector, 60); err != nil || len(m) != 50 || m[0].Record.ID != "7" {
		t.Error(len(m), err)
	}
}

// Without a graph the numbers of dead nodes are used again, after a repair.
func TestNumbersWithoutGraph(t *testing.T) {
	x := open(t, Settings{Dims: 8})
	x.upsert(x.puts(0, 3000)...)
	bound := x.bound()
	for range 5 {
		x.upsert(x.puts(0, 1500)...)
		x.background.Wait()
	}
	if n := x.bound(); n > bound+3000 {
		t.Errorf("%d numbers for 3,000 documents", n)
	}
	if _, err := x.Repair(); err != nil {
		t.Fatal(err)
	}
	if s, err := x.Stats(); err != nil || s.Dead != 0 || s.State != GraphNone {
		t.Errorf("%+v, %v", s, err)
	}
	if e := x.examine(); !e.Sound() || e.Documents != 3000 {
		t.Errorf("%+v", e)
	}
}

// A number is freed once, whether the graph or nobody has known it, and however repairs
// and deletes meet: a document that took it over would vanish with the second time.
func TestRepairBesideDeletes(t *testing.T) {
	times := 40
	if testing.Short() {
		times = 10
	}
	for _, set := range []Settings{{Dims: 8}, {Dims: 8, Graph: GraphAlways}} {
		x := open(t, set)
		x.upsert(x.puts(0, 300)...)
		var wg sync.WaitGroup
		ended := make(chan struct{})
		for w := range uint64(3) {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(w, 77))
				for range times {
					var puts []Put
					var ids []string
					for i := range 100 { // many at once: a repair has time to come between
						id := fmt.Sprint(w, "-", rng.IntN(10)+10*i)
						puts = append(puts, Put{Record: store.Record{ID: id, Text: "문서 " + id, Precomputed: true}, Vector: draw(rng, 8)})
						ids = append(ids, fmt.Sprint(w, "-", rng.IntN(1000)))
					}
					if _, err := x.Upsert(puts, nil); err != nil {
						t.Error(err)
					}
					if _, err := x.Delete(ids); err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() { wg.Wait(); close(ended) }()
		for open := true; open; {
			select {
			case <-ended:
				open = false
			default:
				if _, err := x.Repair(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if e := x.examine(); e.FaultCount > 0 || e.Documents != x.count() {
			t.Errorf("graph %q: %+v", set.Graph, e)
		}
	}
}
