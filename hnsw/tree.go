package hnsw

import (
	"math"
	"sync/atomic"
)

// plant makes id the root of a new tree and the entry point, if no live node is
// reachable. Otherwise it reports false, and the caller searches again.
//
// A linked live node was planted, or it was added under a live parent. So if a
// full walk finds none under the lock of the tree, none can appear.
func (g *Graph) plant(w *scratch, id uint32, level int) bool {
	g.tree.Lock()
	defer g.tree.Unlock()
	e := g.entry.Load()
	s := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
	if e != 0 {
		own := 0
		if entryNode(e) == id {
			own = 1
		}
		w.skip = filter{dead: s.dead}
		g.start(w, g.space.Code(id), entryNode(e))
		g.walk(w, s, g.space.Code(id), 0, effort{ef: own + 1, trial: math.MaxInt, budget: math.MaxInt})
		if w.live > own {
			return false
		}
	}
	storeList(g.links0(s, id), nil) // what attach left there leads to deleted nodes
	g.root = word(id)
	g.entry.Store(entryOf(level, id))
	return true
}

// attach stores the level-0 links of a new node and adds it to the tree, under
// the nearest of them that can take another child. It reports false if all of
// them have been deleted.
func (g *Graph) attach(w *scratch, s *slabs, id uint32, links []uint32) bool {
	list := g.links0(s, id)
	for i := range links {
		links[i] |= upMark
		storeList(list, links)
		links[i] &^= upMark
		if g.adopt(w, s, nodeOf(links[i]), id) {
			return true
		}
	}
	return g.wedge(w, s, id, links)
}

// adopt makes id a child of parent, unless parent is deleted or has M children.
func (g *Graph) adopt(w *scratch, s *slabs, parent, id uint32) bool {
	l := g.lock(parent)
	l.Lock()
	defer l.Unlock()
	list := g.links0(s, parent)
	w.words = loadList(w.words, list)
	if has(s.dead, parent) || kids(w.words) >= g.opts.M {
		return false
	}
	g.addLink(w, list, parent, word(id)|downMark)
	return true
}

// wedge inserts a new node between one of its links and a child of that link.
// All links have M children.
func (g *Graph) wedge(w *scratch, s *slabs, id uint32, links []uint32) bool {
	g.tree.Lock()
	defer g.tree.Unlock()
	list := g.links0(s, id)
	for i, x := range links {
		parent := nodeOf(x)
		child, ok := g.swapChild(w, s, parent, id, list, links, i)
		if !ok {
			continue
		}
		if child != 0 {
			l := g.lock(nodeOf(child))
			l.Lock()
			theirs := g.links0(g.slabs.Load(), nodeOf(child)) // it may be newer than s
			w.words = loadList(w.words, theirs)
			atomic.StoreUint32(&theirs[find(w.words, parent)], word(id)|upMark)
			l.Unlock()
		}
		return true
	}
	return false
}

// swapChild replaces the last child of parent by id and returns that child; or,
// if parent can take another child by now, adds id and returns 0. The new node's
// own list is complete before.
func (g *Graph) swapChild(w *scratch, s *slabs, parent, id uint32, list, links []uint32, up int) (child uint32, ok bool) {
	l := g.lock(parent)
	l.Lock()
	defer l.Unlock()
	theirs := g.links0(s, parent)
	w.words = loadList(w.words, theirs)
	if has(s.dead, parent) {
		return 0, false
	}
	at := -1
	for i, x := range w.words {
		if x&downMark != 0 {
			at = i
		}
	}
	full := kids(w.words) >= g.opts.M
	own := w.chosen[:0]
	for i, x := range links {
		if i == up {
			x |= upMark
		}
		if full && sameNode(x, w.words[at]) {
			continue
		}
		own = append(own, x)
	}
	if !full {
		storeList(list, own)
		g.addLink(w, theirs, parent, word(id)|downMark)
		return 0, true
	}
	child = word(nodeOf(w.words[at]))
	own = append(own, child|downMark)
	storeList(list, own)
	atomic.StoreUint32(&theirs[at], word(id)|downMark)
	return child, true
}
