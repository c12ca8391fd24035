package hnsw

import (
	"fmt"
	"math"
)

// buildStop ends the search for a new node's neighbours when it no longer finds
// candidates: at 1.1 times the distance of the 2M-th nearest. Compared with
// expanding the full beam, a build takes less than half the time. Because the
// links of a new node are filled up, the graph then finds more with fewer
// distances (docs/decisions/0020).
const buildStop = 1.1

// Add links node id, whose row is already in the space. Searches that begin
// after Add has returned can find it. Keep ids dense: memory is proportional to
// the largest.
//
// The error wraps ErrID or ErrExists and names the id. Add may run concurrently
// with every other method, and scales with cores.
func (g *Graph) Add(id uint32) error {
	if id > MaxID {
		return fmt.Errorf("%w: %d, want at most %d", ErrID, id, MaxID)
	}
	g.freeze.RLock()
	defer g.freeze.RUnlock()
	w := g.enter()
	defer g.leave(w)
	level := g.levelOf(id)
	s := g.reserve(id, level)
	if g.revive(s, id) {
		return nil
	}
	if has(s.dead, id) || !mark(s.present, id) {
		return fmt.Errorf("%w: %d", ErrExists, id)
	}
	g.live.Add(1)
	for l := range level + 1 {
		storeList(g.list(s, id, l), nil) // a reused id may have left links behind
	}
	for !g.link(w, id, level) {
	}
	g.settle(w)
	return nil
}

// link finds neighbours for id and links it into the graph. It reports false if
// all of them were deleted in the meantime.
func (g *Graph) link(w *scratch, id uint32, level int) bool {
	e := g.entry.Load()
	s := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
	if e == 0 {
		return g.plant(w, id, level)
	}
	if leader := g.explore(w, s, id, level, e); leader != 0 {
		return g.join(s, nodeOf(leader), id)
	}
	if len(w.links[0]) == 0 {
		return g.plant(w, id, level)
	}
	// The first link to the node makes it discoverable. So its own lists come
	// first, then the tree, then the links to it from level 0 up.
	for l := 1; l <= level; l++ {
		storeList(g.list(s, id, l), w.links[l])
	}
	if !g.attach(w, s, id, w.links[0]) {
		return false
	}
	for l, links := range w.links[:level+1] {
		for _, x := range links {
			g.connect(w, s, nodeOf(x), word(id), l)
		}
	}
	g.raise(level, id)
	return true
}

// explore finds the neighbours of id on each of its levels, from the top down,
// and leaves them in w.links. None of them is deleted. If it meets a node whose
// row is equal, it returns the word of that node instead.
func (g *Graph) explore(w *scratch, s *slabs, id uint32, level int, entry uint64) (leader uint32) {
	for len(w.links) <= level {
		w.links = append(w.links, make([]uint32, 0, g.opts.M))
	}
	for l := range w.links {
		w.links[l] = w.links[l][:0]
	}
	code := g.space.Code(id)
	w.skip = filter{dead: s.dead}
	if g.dead.Load() == 0 {
		w.skip.dead = nil
	}
	f := effort{ef: g.opts.EfConstruction, k: g.m0, stop: buildStop, trial: math.MaxInt, budget: math.MaxInt}
	top := entryLevel(entry)
	g.approach(w, s, code, entry, level, f.ef)
	for l := min(level, top); l >= 0; l-- {
		g.walk(w, s, code, l, f)
		w.cands = w.cands[:0]
		for _, e := range w.beam {
			if e&blocked == 0 && entryID(e) != id {
				w.cands = append(w.cands, e)
			}
		}
		if l == 0 {
			if leader = g.leaderAmong(id, w.cands); leader != 0 {
				return leader
			}
		}
		w.links[l] = append(w.links[l], g.choose(w, w.cands, nil, g.opts.M, g.opts.M)...)
	}
	return 0
}

// raise makes id the entry point if its level is above that of the current one.
func (g *Graph) raise(level int, id uint32) {
	for {
		e := g.entry.Load()
		if e != 0 && entryLevel(e) >= level || g.entry.CompareAndSwap(e, entryOf(level, id)) {
			return
		}
	}
}
