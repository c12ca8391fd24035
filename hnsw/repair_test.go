package hnsw_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/hnsw"
)

// gate is a Space that calls a function before it measures.
type gate struct {
	*rows
	hook atomic.Pointer[func()]
}

func (g *gate) Distances(q []byte, ids, out []uint32) {
	if hook := g.hook.Swap(nil); hook != nil {
		(*hook)()
	}
	g.rows.Distances(q, ids, out)
}

// TestRepairWaits stops a search that began before a Repair, or in its midst,
// and looks whether Repair waits for it: it may hold an id that is about to be
// freed.
func TestRepairWaits(t *testing.T) {
	for name, within := range map[string]bool{"before": false, "within": true} {
		t.Run(name, func(t *testing.T) {
			r, query := clustered(seed, 500, 8)
			space := &gate{rows: r}
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

// TestRepairWaitsForInserts stops an insert that has begun, deletes all but one
// of the nodes that it is going to link to, and repairs: the insert must have ended before
// lists are mended, or it would link to nodes that are free.
func TestRepairWaitsForInserts(t *testing.T) {
	r, _ := clustered(seed, 101, 8)
	space := &gate{rows: r}
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
