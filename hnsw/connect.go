package hnsw

import (
	"slices"
	"sync/atomic"
)

// connect adds a link from node to the node of x on a level. If the list is full
// it is pruned, and x may be the link that is dropped, unless it is marked.
func (g *Graph) connect(w *scratch, s *slabs, node, x uint32, level int) {
	l := g.lock(node)
	l.Lock()
	defer l.Unlock()
	g.addLink(w, g.list(s, node, level), node, x)
}

// addLink is connect for a caller that holds the lock of node.
func (g *Graph) addLink(w *scratch, list []uint32, node, x uint32) {
	w.words = loadList(w.words, list)
	if at := find(w.words, nodeOf(x)); at >= 0 {
		if isTree(x) {
			atomic.StoreUint32(&list[at], x)
		}
		return
	}
	if len(w.words) < len(list) {
		atomic.StoreUint32(&list[len(w.words)], x)
		return
	}
	w.words = append(w.words, x)
	storeList(list, g.prune(w, node, w.words, len(list), 0))
}

// prune chooses at most capacity of the words for the list of node.
func (g *Graph) prune(w *scratch, node uint32, words []uint32, capacity, fill int) []uint32 {
	code := g.space.Code(node)
	w.cands = w.cands[:0]
	for from := 0; from < len(words); from += scanBatch {
		part := words[from:min(from+scanBatch, len(words))]
		for i, x := range part {
			w.ids[i] = nodeOf(x)
		}
		g.space.Distances(code, w.ids[:len(part)], w.dist[:len(part)])
		for i := range part {
			w.cands = append(w.cands, pack(w.dist[i], uint32(from+i))) // by index, to find the mark
		}
	}
	slices.Sort(w.cands)
	w.marks = w.marks[:0]
	for i, e := range w.cands {
		x := words[entryID(e)]
		w.marks = append(w.marks, x&treeMark)
		w.cands[i] = pack(distance(e), nodeOf(x))
	}
	return g.choose(w, w.cands, w.marks, capacity, fill)
}
