package hnsw_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/hnsw"
)

// hooked is a Space that calls a function before it measures.
type hooked struct {
	*rows
	hook atomic.Pointer[func()]
}

func (g *hooked) Distances(q []byte, ids, out []uint32) {
	if hook := g.hook.Swap(nil); hook != nil {
		(*hook)()
	}
	g.rows.Distances(q, ids, out)
}

// TestRepairWaits stops a search that began before or during a Repair, and checks
// that Repair waits for it: it may hold an id that is about to be freed.
func TestRepairWaits(t *testing.T) {
	t.Parallel()
	for name, within := range map[string]bool{"before": false, "within": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, query := clustered(seed, 500, 8)
			space := &hooked{rows: r}
			g, err := hnsw.New(space, nil)
			if err != nil {
				t.Fatal(err)
			}
			for id := range uint32(500) {
				if err := g.Add(id); err != nil {
					t.Fatal(err)
				}
			}
			for id := range uint32(50) {
				g.Delete(id)
			}
			q := query()
			stopped, release, found := make(chan struct{}), make(chan struct{}), make(chan []hnsw.Hit)
			search := func() {
				space.hook.Store(new(func() {
					close(stopped)
					<-release
				}))
				go func() { found <- g.Walk(nil, q, hnsw.Search{K: 10, Ef: 50}) }()
				<-stopped
			}
			if within {
				space.hook.Store(&search) // Repair measures, so it has begun
			} else {
				search()
			}
			freed := make(chan []uint32)
			go func() { freed <- g.Repair(hnsw.RepairOptions{Workers: 1}) }()
			<-stopped
			select {
			case <-freed:
				t.Fatal("Repair did not wait for a search")
			case <-time.After(100 * time.Millisecond):
			}
			close(release)
			<-found
			if n := len(<-freed); n != 50 {
				t.Errorf("freed %d, want 50", n)
			}
			check(t, g)
		})
	}
}

// TestRepairWaitsForInserts stops an insert that has begun, deletes all but one of
// the nodes that it is going to link to, and repairs. Repair must wait for the
// insert before it replaces links, or the insert would link to free nodes.
func TestRepairWaitsForInserts(t *testing.T) {
	t.Parallel()
	r, _ := clustered(seed, 101, 8)
	space := &hooked{rows: r}
	g, err := hnsw.New(space, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint32(100) {
		if err := g.Add(id); err != nil {
			t.Fatal(err)
		}
	}
	stopped, release, added := make(chan struct{}), make(chan struct{}), make(chan error)
	space.hook.Store(new(func() {
		close(stopped)
		<-release
	}))
	go func() { added <- g.Add(100) }()
	<-stopped
	for _, h := range nearest(r, r.Code(100), 61, func(id uint32) bool { return id < 100 })[1:] {
		g.Delete(h.ID)
	}
	freed := make(chan []uint32)
	go func() { freed <- g.Repair(hnsw.RepairOptions{}) }()
	select {
	case <-freed:
		t.Fatal("Repair did not wait for an insert")
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	if n := len(<-freed); n != 60 {
		t.Errorf("freed %d, want 60", n)
	}
	check(t, g)
}

// TestRepairIgnoresUnlinkedNodes stops an insert that has begun, while a repair
// chooses another entry point. The new node has the highest level, but has no
// links yet.
func TestRepairIgnoresUnlinkedNodes(t *testing.T) {
	t.Parallel()
	const n = 100
	for _, deleteRest := range []bool{false, true} {
		r, _ := clustered(seed, n+1, 8)
		space := &hooked{rows: r}
		g := tallest(t, space, n)
		for id := range uint32(n) {
			if id%2 == 0 || id == g.Entry() {
				g.Delete(id)
			}
		}
		stopped, release, added := make(chan struct{}), make(chan struct{}), make(chan error)
		space.hook.Store(new(func() { // Repair measures, so it has begun
			space.hook.Store(new(func() {
				close(stopped)
				<-release
			}))
			go func() { added <- g.Add(n) }()
			<-stopped
		}))
		freed, entry := make(chan []uint32), g.Entry()
		go func() { freed <- g.Repair(hnsw.RepairOptions{Workers: 1}) }()
		<-stopped
		for g.Entry() == entry { // it is replaced before Repair waits for the insert
			time.Sleep(time.Millisecond)
		}
		if g.Entry() == n {
			t.Error("a node that is not linked yet became the entry point")
		}
		if deleteRest {
			for id := range uint32(n) {
				g.Delete(id)
			}
		}
		close(release)
		select {
		case err := <-added:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("Add does not return")
		}
		<-freed
		check(t, g)
		if got := g.Walk(nil, r.Code(n), hnsw.Search{K: 1, Ef: 200}); len(got) != 1 || got[0].Distance > 2 {
			t.Errorf("the new node is not found: %v", got)
		}
	}
}

// tallest returns a graph of n nodes, with a seed for which node n has a higher
// level than all of them.
func tallest(t *testing.T, space hnsw.Space, n uint32) *hnsw.Graph {
	t.Helper()
	for s := uint64(0); ; s++ {
		g, err := hnsw.New(space, &hnsw.Options{M: 2, EfConstruction: 20, Seed: s})
		if err != nil {
			t.Fatal(err)
		}
		highest := 0
		for id := range n {
			highest = max(highest, g.LevelOf(id))
		}
		if g.LevelOf(n) <= highest {
			continue
		}
		for id := range n {
			if err := g.Add(id); err != nil {
				t.Fatal(err)
			}
		}
		return g
	}
}

// TestDeleteAllDuringAdd deletes all other nodes at each step of an insert: the
// new node becomes the root of a new tree.
func TestDeleteAllDuringAdd(t *testing.T) {
	t.Parallel()
	const n = 30
	for step := 1; ; step++ {
		r, _ := clustered(seed, n+1, 8)
		space := &hooked{rows: r}
		g, err := hnsw.New(space, &hnsw.Options{M: 4, EfConstruction: 20})
		if err != nil {
			t.Fatal(err)
		}
		for id := range uint32(n) {
			if err := g.Add(id); err != nil {
				t.Fatal(err)
			}
		}
		left := step
		var count func()
		count = func() {
			if left--; left == 0 {
				for id := range uint32(n) {
					g.Delete(id)
				}
				return
			}
			space.hook.Store(&count)
		}
		space.hook.Store(&count)
		if err := g.Add(n); err != nil {
			t.Fatal(err)
		}
		if left > 0 {
			if step < 5 {
				t.Errorf("an insert takes %d steps: nothing is tested", step)
			}
			return
		}
		check(t, g)
		if got := g.Walk(nil, r.Code(n), hnsw.Search{K: 5, Ef: 50}); len(got) != 1 || got[0].ID != n {
			t.Errorf("step %d: found %v, want the new node alone", step, got)
		}
		g.Repair(hnsw.RepairOptions{})
		check(t, g)
	}
}
