package hnsw

import (
	"slices"
	"sync/atomic"
)

// replaceLinks replaces the links to nodes that are gone, in the lists of all
// nodes that stay. It returns the nodes that lost more than a third of their
// links: many neighbours of their neighbours are gone too, so there was little to
// choose from (docs/decisions/0022).
func (g *Graph) replaceLinks(s *slabs, gone *Bitset, workers int) (poor []uint32) {
	found := make([][]uint32, len(s.links)) // by chunk, so that timing does not matter
	g.share(workers, len(s.links), func(w *scratch, chunk int) {
		for id := uint32(chunk << chunkShift); id>>chunkShift == uint32(chunk); id++ {
			if !has(s.present, id) || gone.Has(id) || has(s.twin, id) {
				continue
			}
			for level := range g.levelOf(id) + 1 {
				lost, had := g.countLost(s, gone, id, level)
				if lost > 0 {
					g.replaceLost(w, s, gone, id, level, had)
				}
				if level == 0 && 3*lost > had {
					found[chunk] = append(found[chunk], id)
				}
			}
		}
	})
	return slices.Concat(found...)
}

// countLost returns how many links a node has on a level, and how many of them
// lead to nodes that are gone.
func (g *Graph) countLost(s *slabs, gone *Bitset, id uint32, level int) (lost, had int) {
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
	return lost, had
}

// replaceLost chooses the links of a node on one level again, so that it has as
// many as it had. The candidates are the links that it keeps, and the links of
// the nodes that it lost.
func (g *Graph) replaceLost(w *scratch, s *slabs, gone *Bitset, id uint32, level, had int) {
	l := g.lock(id)
	l.Lock()
	defer l.Unlock()
	list := g.list(s, id, level)
	w.words = loadList(w.words, list)
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
	storeList(list, g.prune(w, id, w.pool, len(list), had))
}

// distinct removes duplicate nodes from words. The first kept words are distinct,
// may carry marks, and stay.
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

// reinsert finds neighbours for nodes of the graph as if they were new, and adds
// them to the links that the nodes have.
func (g *Graph) reinsert(ids []uint32, workers int) {
	const batch = 64
	g.share(workers, (len(ids)+batch-1)/batch, func(w *scratch, i int) {
		for _, id := range ids[i*batch : min(len(ids), (i+1)*batch)] {
			e := g.entry.Load()
			s := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
			level := g.levelOf(id)
			g.explore(w, s, id, level, e)
			for l, links := range w.links[:level+1] {
				g.addLinks(w, s, id, l, links)
				for _, x := range links {
					g.connect(w, s, nodeOf(x), word(id), l)
				}
			}
		}
	})
}

// addLinks adds links to a node's list, and prunes it if they do not fit.
func (g *Graph) addLinks(w *scratch, s *slabs, id uint32, level int, links []uint32) {
	l := g.lock(id)
	l.Lock()
	defer l.Unlock()
	list := g.list(s, id, level)
	w.pool = loadList(w.pool, list)
	for _, x := range links {
		if find(w.pool, nodeOf(x)) < 0 {
			w.pool = append(w.pool, x)
		}
	}
	storeList(list, g.prune(w, id, w.pool, len(list), len(list)))
}
