package hnsw

import (
	"fmt"
	"math"
)

// buildReach stops the search for a new node's neighbours where it has ceased to
// find candidates: at 1.1 times the distance of the 2M-th nearest. Against the
// full beam it builds in less than half the time, and, with the links of a new
// node filled up, finds more with fewer distances (docs/decisions/0020).
const buildReach = 1.1

// Add links node id, whose row is in the space; Pend may have been called for
// it before. Searches that begin after Add has returned can find it. Ids are
// dense: memory follows the largest.
//
// It returns ErrID or ErrExists, naming the id. Add is safe concurrently with
// everything, and scales with cores.
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
	waited := has(s.pending, id) && g.pend.take(s, id)
	if !waited {
		if err := g.claim(s, id); err != nil {
			return err
		}
	}
	for l := range level + 1 {
		store(g.list(s, id, l), nil) // a reused id may have left links behind
	}
	for !g.link(w, id, level) {
	}
	if waited {
		g.pend.settle(s, id)
	}
	return nil
}

// claim takes an id that is not in use.
func (g *Graph) claim(s *slabs, id uint32) error {
	if has(s.dead, id) || !mark(s.present, id) {
		return fmt.Errorf("%w: %d", ErrExists, id)
	}
	g.live.Add(1)
	return nil
}

// link finds neighbours for id and links it into the graph. It reports false
// when everything that it found was deleted meanwhile.
func (g *Graph) link(w *scratch, id uint32, level int) bool {
	e := g.entry.Load()
	s := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
	if e == 0 {
		return g.plant(w, id, level)
	}
	g.explore(w, s, id, level, e)
	if len(w.links[0]) == 0 {
		return g.plant(w, id, level)
	}
	// The node becomes discoverable at the first link to it; so its own lists
	// come first, then the tree, then links to it from level 0 up.
	for l := 1; l <= level; l++ {
		store(g.list(s, id, l), w.links[l])
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

// explore searches the neighbours of id on each of its levels, from the top
// down, into w.links. Deleted nodes are never among them.
func (g *Graph) explore(w *scratch, s *slabs, id uint32, level int, entry uint64) {
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
	f := effort{ef: g.opts.EfConstruction, k: g.m0, reach: buildReach, trial: math.MaxInt, budget: math.MaxInt}
	top := entryLevel(entry)
	g.start(w, code, entryNode(entry))
	g.descend(w, s, code, top, level)
	for l := min(level, top); l >= 0; l-- {
		g.walk(w, s, code, l, f)
		w.cands = w.cands[:0]
		for _, e := range w.beam {
			if e&blocked == 0 && entryID(e) != id {
				w.cands = append(w.cands, e)
			}
		}
		w.links[l] = append(w.links[l], g.choose(w, w.cands, nil, g.opts.M, g.opts.M)...)
	}
}

// raise makes id the entry point if its level is above that of the present one.
func (g *Graph) raise(level int, id uint32) {
	for {
		e := g.entry.Load()
		if e != 0 && entryLevel(e) >= level || g.entry.CompareAndSwap(e, entryOf(level, id)) {
			return
		}
	}
}
