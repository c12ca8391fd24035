package db

import (
	"sync"
	"sync/atomic"
)

// grace tells when every search that began before a moment has ended, so that
// what those searches may still hold can be taken away. It is the two-counter
// scheme of sleepable read-copy-update: readers count themselves in under the
// current epoch, and an epoch has passed when its count is zero after the
// epoch has changed.
type grace struct {
	epoch  atomic.Uint32
	active [2]struct {
		n atomic.Int64
		_ [56]byte // a cache line each
	}
	pending atomic.Bool // something waits: ends of searches look after it

	wg sync.WaitGroup

	// mu guards the queues: fresh has not seen the epoch change yet, waiting has.
	mu             sync.Mutex
	fresh, waiting []func()
}

// enter begins a search and returns what leave wants.
func (g *grace) enter() uint32 {
	for {
		e := g.epoch.Load()
		g.active[e&1].n.Add(1)
		if g.epoch.Load() == e {
			return e & 1
		}
		g.active[e&1].n.Add(-1)
	}
}

func (g *grace) leave(slot uint32) {
	if g.active[slot].n.Add(-1) == 0 && g.pending.Load() {
		g.wg.Go(g.advance) // a search does not wait for what it lets go
	}
}

// after runs f once no search that is now under way runs any more.
func (g *grace) after(f func()) {
	g.mu.Lock()
	g.fresh = append(g.fresh, f)
	g.pending.Store(true)
	g.mu.Unlock()
	g.advance()
}

// drain runs everything that waits. No search is under way.
func (g *grace) drain() {
	g.wg.Wait()
	g.advance()
}

// advance runs what has waited long enough.
func (g *grace) advance() {
	for {
		g.mu.Lock()
		old := (g.epoch.Load() + 1) & 1
		if g.active[old].n.Load() != 0 {
			g.mu.Unlock()
			return
		}
		ready := g.waiting
		g.waiting, g.fresh = g.fresh, nil
		if len(g.waiting) > 0 {
			g.epoch.Add(1)
		}
		g.pending.Store(len(g.waiting) > 0)
		g.mu.Unlock()
		for _, f := range ready {
			f()
		}
		if len(ready) == 0 && !g.pending.Load() {
			return
		}
	}
}
