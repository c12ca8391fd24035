package hnsw

import "sync/atomic"

// uproot removes deleted nodes from the tree. All other nodes stay in it, so
// level 0 stays connected however many are deleted.
func (g *Graph) uproot(s *slabs, gone *Bitset) {
	g.tree.Lock()
	defer g.tree.Unlock()
	w := g.pool.Get().(*scratch)
	defer g.pool.Put(w)
	for id := range gone.All() {
		g.splice(w, s, id)
	}
}

// splice removes node x from the tree. One of its children, the heir, takes its
// place under the parent, and the other children move below the heir.
//
//	  p             p
//	  │             │
//	  x      →      a
//	┌─┼─┐         ┌─┴─┐
//	a b c         b   c
func (g *Graph) splice(w *scratch, s *slabs, x uint32) {
	var parent, heir uint32 // words, 0 for none
	var orphans []uint32
	for _, y := range loadList(w.words, g.links0(s, x)) {
		switch {
		case y&upMark != 0:
			parent = word(nodeOf(y))
		case y&downMark == 0:
		case heir == 0:
			heir = word(nodeOf(y))
		default:
			orphans = append(orphans, nodeOf(y))
		}
	}
	if heir != 0 {
		g.exchange(w, nodeOf(heir), x, parent, upMark)
	}
	if parent != 0 {
		g.exchange(w, nodeOf(parent), x, heir, downMark)
	}
	if g.root == word(x) {
		g.root = heir
	}
	for _, c := range orphans {
		under := g.parentBelow(w, nodeOf(heir))
		g.exchange(w, c, x, word(under), upMark)
		l := g.lock(under)
		l.Lock()
		g.addLink(w, g.links0(g.slabs.Load(), under), under, word(c)|downMark)
		l.Unlock()
	}
}

// exchange replaces the tree link from node to old by one to the node of word by,
// or removes it if by is 0.
func (g *Graph) exchange(w *scratch, node, old, by, mark uint32) {
	l := g.lock(node)
	l.Lock()
	defer l.Unlock()
	list := g.links0(g.slabs.Load(), node) // inserts continue: the slabs may be newer than the repair
	w.words = loadList(w.words, list)
	at := find(w.words, old)
	if by != 0 {
		other := find(w.words, nodeOf(by))
		if other < 0 {
			atomic.StoreUint32(&list[at], by|mark)
			return
		}
		atomic.StoreUint32(&list[other], by|mark)
		w.words[other] = by | mark
	}
	w.words = append(w.words[:at], w.words[at+1:]...)
	storeList(list, w.words)
}

// parentBelow returns a node at or below top that can take another child.
func (g *Graph) parentBelow(w *scratch, top uint32) uint32 {
	for {
		w.words = loadList(w.words, g.links0(g.slabs.Load(), top))
		if kids(w.words) < g.opts.M {
			return top
		}
		for _, x := range w.words {
			if x&downMark != 0 {
				top = nodeOf(x)
			}
		}
	}
}
