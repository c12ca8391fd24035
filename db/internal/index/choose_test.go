package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// headed draws vectors of 256 dimensions of which the first 32 say nearly all, or next to
// nothing.
func headed(rng *rand.Rand, good bool) []float32 {
	v := make([]float32, 256)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
		if (i < 32) != good {
			v[i] *= 0.02
		}
	}
	quant.Normalize(v)
	return v
}

func headedPuts(rng *rand.Rand, good bool, first, n int) []Put {
	puts := make([]Put, n)
	for i := range puts {
		puts[i] = Put{Record: store.Record{ID: fmt.Sprint(first + i), Precomputed: true}, Vector: headed(rng, good)}
	}
	return puts
}

// fewer lets a test that runs alone choose codes with so many documents.
func fewer(t *testing.T) int {
	was := chooseFrom
	chooseFrom = 1000
	t.Cleanup(func() { chooseFrom = was })
	return 1200
}

// await waits until the codes are chosen and the graph is whole.
func (f *fixture) await() {
	f.tb.Helper()
	for {
		s, err := f.Stats()
		if err != nil {
			f.tb.Fatal(err)
		}
		if s.State == GraphReady && !f.calibrating.Load() && !f.recoding.Load() && !f.building.Load() {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A collection that is about to build a graph takes the codes that serve it better,
// whichever it has begun with, and keeps them; one whose codes were asked for keeps those.
func TestChoosesCodes(t *testing.T) {
	documents := fewer(t)
	for _, c := range []struct {
		name              string
		good, full, asked bool // the head is good; full codes to begin with; somebody asked for the codes
		always            bool // there is a graph from the first document on
		want              bool // full codes in the end
	}{
		{name: "a useless head", want: true},
		{name: "a good head", good: true, want: false},
		{name: "full codes and a useless head", full: true, want: true},
		{name: "full codes and a good head", good: true, full: true, want: false},
		{name: "a useless head that was asked for", asked: true, want: false},
		{name: "full codes that were asked for", good: true, full: true, asked: true, want: true},
		{name: "a graph over a useless head", always: true, want: true},
		{name: "a graph over full codes", always: true, good: true, full: true, want: false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set := Settings{Dims: 256, HeadDims: 32, M: 4, EfConstruction: 16, Full: c.full, ChooseCodes: !c.asked}
			if c.always {
				set.Graph = GraphAlways
			}
			x := open(t, set)
			x.upsert(headedPuts(x.rng, c.good, 0, documents)...)
			if _, err := x.Delete([]string{"3", "4", "5"}); err != nil {
				t.Fatal(err)
			}
			ask := func(settled bool) {
				t.Helper()
				r, err := x.Read()
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				q := Query{Vector: headed(x.rng, c.good), K: 5, EfSearch: 400}
				found, err := r.Search(t.Context(), q, new(Trace))
				if err != nil || len(found) != 5 {
					t.Fatal(len(found), err)
				}
				q.Exact, q.K = true, 40
				truth, err := r.Search(t.Context(), q, new(Trace))
				if !settled || !c.want && !c.good {
					return // a useless head finds next to nothing
				}
				if err != nil || found[0].Score < truth[len(truth)-1].Score {
					t.Errorf("a score of %g is not among the best 40, which reach %g; %v", found[0].Score, truth[len(truth)-1].Score, err)
				}
			}
			check := func(when string) {
				t.Helper()
				x.await()
				s, err := x.Stats()
				if err != nil || s.Full != c.want || s.State != GraphReady || s.Linked != documents-3 {
					t.Errorf("%s: full %v, graph %s with %d, want full %v; %v", when, s.Full, s.State, s.Linked, c.want, err)
				}
				switch {
				case (s.Choice == nil) != c.asked:
					t.Errorf("%s: measured %+v", when, s.Choice)
				case s.Choice != nil:
					t.Logf("%s: %+v", when, *s.Choice)
				}
				if (x.codes.full != nil) != s.Full || (x.codes.tails != nil) == s.Full {
					t.Errorf("%s: the codes are not those that stats say", when)
				}
				if e := x.examine(); e.FaultCount > 0 || e.Queried != e.Documents {
					t.Errorf("%s: %+v", when, e)
				}
				ask(true)
			}
			ask(false)    // the graph is asked for
			if c.always { // as when it has doubled
				x.calibrateNow(documents - 3)
			}
			check("at first")
			if t.Failed() {
				t.Log(x.log)
			}
			was := x.choice.Load()
			x.reopen()
			check("opened again")
			if now := x.choice.Load(); !c.asked && *now != *was {
				t.Errorf("measured again: %+v, %+v", was, now)
			}
			if c.always || c.full || c.asked { // it is as above from here on
				return
			}
			if _, err := x.renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			check("rebuilt")
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			Remove(x.dir, x.id)
			var err error
			if x.Index, err = Open(context.Background(), x.opts); err != nil {
				t.Fatal(err)
			}
			if x.full.Load() != c.full || x.choice.Load() != nil {
				t.Error("without a snapshot it begins otherwise than at first")
			}
			ask(false)
			x.calibrateNow(documents - 3)
			check("from the store")
		})
	}
}

// While codes change, searches and writes wait and go on, and nothing is lost.
func TestChoosesCodesBesideWrites(t *testing.T) {
	documents := fewer(t)
	x := open(t, Settings{Dims: 256, HeadDims: 32, M: 4, EfConstruction: 16, ChooseCodes: true})
	x.upsert(headedPuts(x.rng, false, 0, documents)...)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range uint64(3) {
		rng := rand.New(rand.NewPCG(w, 31))
		wg.Go(func() {
			for ctx.Err() == nil {
				p := headedPuts(rng, false, rng.IntN(documents), 1)
				if _, err := x.Upsert(p, nil); err != nil {
					t.Error(err)
					return
				}
				if m, _, err := x.search(p[0].Vector, 3); err != nil || len(m) != 3 {
					t.Error(len(m), err)
					return
				}
			}
		})
	}
	for range 4 { // to and fro, as a collection that changes would
		x.buildNow()
		x.await()
		x.recodeSoon()
		for x.recoding.Load() {
			time.Sleep(time.Millisecond)
		}
	}
	stop()
	wg.Wait()
	x.buildNow()
	x.await()
	if e := x.examine(); e.FaultCount > 0 || e.Documents != documents || e.Queried != e.Documents {
		t.Errorf("%+v", e)
	}
	x.buildNow()
	x.recodeSoon() // and it is closed in the middle of all that
}

// Ranks of true results say how many candidates keep the promise.
func TestNeeded(t *testing.T) {
	t.Parallel()
	ranks := make([]int, 1000)
	for i := range ranks {
		ranks[i] = i
	}
	if n := needed(ranks); n != 995 {
		t.Errorf("%d candidates, want 995", n)
	}
	if n := needed(nil); n != 0 {
		t.Errorf("%d candidates for nothing", n)
	}
	cheap, dear := CodeCost{32, 10}, CodeCost{128, 10}
	for _, is := range []bool{false, true} {
		if c := (Choice{Head: cheap, Full: dear}); c.full(is) {
			t.Error("full codes at four times the cost")
		}
		if c := (Choice{Head: dear, Full: cheap}); !c.full(is) {
			t.Error("heads at four times the cost")
		}
		if c := (Choice{Head: CodeCost{192, 70}, Full: CodeCost{192, 64}}); c.full(is) != is {
			t.Error("changed for next to nothing")
		}
	}
}

// calibrateNow calibrates as searches have it done, so that codes do not change meanwhile,
// and waits for it.
func (f *fixture) calibrateNow(documents int) {
	for !f.calibrating.CompareAndSwap(false, true) {
		time.Sleep(time.Millisecond)
	}
	done := make(chan struct{})
	f.background.Go(func() {
		defer close(done)
		defer f.calibrating.Store(false)
		f.calibrate(documents)
	})
	<-done
}
