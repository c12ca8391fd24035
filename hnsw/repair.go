package hnsw

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// RepairOptions say how Repair works. The zero value means the defaults.
type RepairOptions struct {
	// Workers is the number of goroutines. Default GOMAXPROCS.
	Workers int
}

// Repair takes the nodes deleted so far out of the graph, and returns their
// ids, ascending: nothing points at them any more, and no search that is still
// running can return them, so the caller may write their rows and Add them anew.
//
// Every node that had a link to one of them chooses its links again, among
// those that it keeps and the links of those that it lost (FreshDiskANN,
// arXiv 2105.09613, algorithm 4, with the heuristic of this graph). Inserts,
// searches and deletes go on meanwhile. The time is linear in the size of the
// graph plus the damage, so repair many deletes at once. Repairs run one at a
// time.
func (g *Graph) Repair(o RepairOptions) (freed []uint32) {
	g.repair.Lock()
	defer g.repair.Unlock()
	var gone Bitset
	for id := range g.marked((*slabs).deadMarks) {
		gone.Set(id)
	}
	if gone.Count() == 0 {
		return nil
	}
	// An insert that began before may still link to one of them. One that begins
	// from now on knows them as deleted.
	g.epochs.wait()
	s := g.slabs.Load()
	g.uproot(s, &gone)
	poor := g.reselect(s, &gone, o.Workers)
	g.reenter(s, &gone)
	g.relink(poor, o.Workers)
	g.epochs.wait() // for searches that hold one of them in their beam
	freed = make([]uint32, 0, gone.Count())
	for id := range gone.All() {
		for level := range g.levelOf(id) + 1 {
			store(g.list(s, id, level), nil) // else a snapshot would name nodes that are gone
		}
		// In this order, against that of scan: else a scan between the two would
		// take the node for a live one.
		unmark(s.pending, id)
		unmark(s.present, id)
		unmark(s.dead, id)
		freed = append(freed, id)
	}
	g.pend.mu.Lock()
	g.pend.compact(s) // else an id that is freed and waits again would be in the list twice
	g.pend.mu.Unlock()
	g.dead.Add(-int64(len(freed)))
	return freed
}

// reselect mends the lists of every node that stays, and returns the nodes that
// lost more than a third of their links: of their neighbours' neighbours many are
// gone too, so mending leaves them poor (docs/decisions/0022).
func (g *Graph) reselect(s *slabs, gone *Bitset, workers int) (poor []uint32) {
	found := make([][]uint32, len(s.links)) // by chunk, so that the order does not depend on timing
	g.share(workers, len(s.links), func(w *scratch, chunk int) {
		for id := uint32(chunk << chunkShift); id>>chunkShift == uint32(chunk); id++ {
			if !has(s.present, id) || gone.Has(id) || has(s.pending, id) {
				continue
			}
			for level := range g.levelOf(id) + 1 {
				if lost, had := g.mend(w, s, gone, id, level); level == 0 && 3*lost > had {
					found[chunk] = append(found[chunk], id)
				}
			}
		}
	})
	return slices.Concat(found...)
}

// relink searches neighbours for nodes in the graph as if they were new, and
// links them beside what they have.
func (g *Graph) relink(ids []uint32, workers int) {
	const batch = 64
	g.share(workers, (len(ids)+batch-1)/batch, func(w *scratch, i int) {
		for _, id := range ids[i*batch : min(len(ids), (i+1)*batch)] {
			e := g.entry.Load()
			s := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
			level := g.levelOf(id)
			g.explore(w, s, id, level, e)
			for l, links := range w.links[:level+1] {
				g.widen(w, s, id, l, links)
				for _, x := range links {
					g.connect(w, s, nodeOf(x), word(id), l)
				}
			}
		}
	})
}

// widen adds links to a node's list, and chooses among all if they do not fit.
func (g *Graph) widen(w *scratch, s *slabs, id uint32, level int, links []uint32) {
	l := g.lock(id)
	l.Lock()
	defer l.Unlock()
	list := g.list(s, id, level)
	w.pool = load(w.pool, list)
	for _, x := range links {
		if find(w.pool, nodeOf(x)) < 0 {
			w.pool = append(w.pool, x)
		}
	}
	store(list, g.prune(w, id, w.pool, len(list), len(list)))
}

// share calls do for 0 to n-1 from workers goroutines, each with memory of its
// own.
func (g *Graph) share(workers, n int, do func(w *scratch, i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			w := g.pool.Get().(*scratch)
			defer g.pool.Put(w)
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(w, i)
			}
		})
	}
	wg.Wait()
}

// mend chooses a node's links on one level again, if one of them is gone. It
// returns how many were, of how many.
func (g *Graph) mend(w *scratch, s *slabs, gone *Bitset, id uint32, level int) (lost, had int) {
	list := g.list(s, id, level)
	for ; had < len(list); had++ {
		x := atomic.LoadUint32(&list[had])
		if x == 0 {
			break
		}
		if gone.Has(nodeOf(x)) {
			lost++
		}
	}
	if lost == 0 {
		return lost, had
	}
	l := g.lock(id)
	l.Lock()
	defer l.Unlock()
	w.words = load(w.words, list)
	w.pool = w.pool[:0]
	for _, x := range w.words {
		if !gone.Has(nodeOf(x)) {
			w.pool = append(w.pool, x)
		}
	}
	kept := len(w.pool)
	for _, x := range w.words {
		if !gone.Has(nodeOf(x)) {
			continue
		}
		theirs := g.list(s, nodeOf(x), level)
		for i := range theirs {
			y := atomic.LoadUint32(&theirs[i])
			if y == 0 {
				break
			}
			if n := nodeOf(y); n != id && int(n) < s.cap() && !has(s.dead, n) {
				w.pool = append(w.pool, word(n))
			}
		}
	}
	w.pool = distinct(w.pool, kept)
	store(list, g.prune(w, id, w.pool, len(list), had))
	return lost, had
}

// distinct removes words that name a node twice, keeping the first kept ones,
// which are distinct already and may carry marks.
func distinct(words []uint32, kept int) []uint32 {
	own, others := words[:kept], words[kept:]
	slices.Sort(others)
	others = slices.Compact(others)
	n := kept
	for _, x := range others {
		if find(own, nodeOf(x)) < 0 {
			words[n] = x
			n++
		}
	}
	return words[:n]
}

// reenter replaces an entry point that is gone by the live node of the highest
// level.
func (g *Graph) reenter(s *slabs, gone *Bitset) {
	for {
		e := g.entry.Load()
		if e == 0 || !gone.Has(entryNode(e)) {
			return
		}
		best := uint64(0)
		for id := range g.marked((*slabs).presentMarks) {
			if gone.Has(id) || has(s.pending, id) {
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
