package hnsw

import (
	"iter"
	"sync/atomic"

	"github.com/fronyai/frony-db/internal/parallel"
)

// RepairOptions are the options of Repair. The zero value means the defaults.
type RepairOptions struct {
	// Workers is the number of goroutines. Default GOMAXPROCS.
	Workers int
}

// Repair removes the nodes deleted so far from the graph and returns their ids,
// ascending. Nothing links to them any more, and no running search can return
// them, so the caller may overwrite their rows and add them again.
//
// Every node that had a link to one of them chooses its links again, from those
// that it keeps and the links of those that it lost (FreshDiskANN, arXiv
// 2105.09613, algorithm 4, with the heuristic of this graph). Inserts, searches
// and deletes continue. The time is linear in the size of the graph plus the
// damage, so repair many deletes at once. Repairs run one at a time.
func (g *Graph) Repair(o RepairOptions) (freed []uint32) {
	g.repair.Lock()
	defer g.repair.Unlock()
	gone := g.goneNow()
	if gone.Count() == 0 {
		return nil
	}
	// Inserts under way may still link to one of them. Later ones see them as
	// deleted.
	g.epoch.Wait()
	s := g.slabs.Load()
	g.leaveGroups(s, gone)
	g.uproot(s, gone)
	poor := g.replaceLinks(s, gone, o.Workers)
	g.replaceEntry(gone)
	g.seeds.remove(gone)
	g.landmarks.remove(gone, g.Len())
	w := g.enter()
	g.settle(w)
	g.leave(w)
	g.reinsert(poor, o.Workers)
	g.epoch.Wait() // for searches that have one of them in their beam
	return g.free(s, gone)
}

// free returns the ids of removed nodes, which may be used again.
func (g *Graph) free(s *slabs, gone *Bitset) []uint32 {
	freed := make([]uint32, 0, gone.Count())
	for id := range gone.All() {
		for level := range g.levelOf(id) + 1 {
			storeList(g.list(s, id, level), nil) // or a snapshot would name nodes that are gone
		}
		// In this order, which is the reverse of scan's. Otherwise a scan between
		// the two would take the node for a live one.
		unmark(s.twin, id)
		unmark(s.present, id)
		unmark(s.dead, id)
		freed = append(freed, id)
	}
	g.dead.Add(-int64(len(freed)))
	return freed
}

// share calls do for 0 to n-1 from several goroutines, each with its own working
// memory.
func (g *Graph) share(workers, n int, do func(w *scratch, i int)) {
	parallel.Run(workers, n, func(_ int, items iter.Seq[int]) {
		w := g.pool.Get().(*scratch)
		defer g.pool.Put(w)
		for i := range items {
			do(w, i)
		}
	})
}

// replaceEntry replaces an entry point that is gone by the live node of the
// highest level. It ignores nodes that an insert has not linked yet, from which
// no other is reachable.
func (g *Graph) replaceEntry(gone *Bitset) {
	for {
		e := g.entry.Load()
		if e == 0 || !gone.Has(entryNode(e)) {
			return
		}
		g.tree.Lock()
		root := g.root
		g.tree.Unlock()
		s := g.slabs.Load()
		best := uint64(0)
		for id := range marked(s.present) {
			linked := word(id) == root || atomic.LoadUint32(&g.links0(s, id)[0]) != 0
			if !linked || gone.Has(id) || has(s.twin, id) {
				continue
			}
			if l := g.levelOf(id); best == 0 || l > entryLevel(best) {
				best = entryOf(l, id)
			}
		}
		if g.entry.CompareAndSwap(e, best) {
			return
		}
	}
}
