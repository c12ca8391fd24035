package index

import (
	"math/rand/v2"
)

// Each time the collection has doubled, some of its documents are asked for by
// their own vectors, at least islandsLeast of them. Those that the graph does not
// return stand on islands: form letters, a second language. Searches begin there
// too from then on, and so does the linking of new documents.
const (
	islandsLeast = 4000
	islandsShare = 20  // of the documents: one in
	islandsPart  = 256 // documents that are asked for before readers may end
)

// seedIslands makes searches begin at documents that they miss. size is the number
// of documents.
func (x *Index) seedIslands(size int) {
	rng := rand.New(rand.NewPCG(uint64(size), uint64(x.id)))
	seeds, left := x.graph.Seeds(), max(islandsLeast, size/islandsShare)
	for left > 0 && !x.stopping.Load() {
		n := min(left, islandsPart)
		left -= n
		x.seedMissed(func(yield func(uint32) bool) {
			for range n {
				if node := rng.Uint32N(x.bound()); !yield(node) {
					return
				}
			}
		})
	}
	if n := x.graph.Seeds() - seeds; n > 0 {
		x.log.Debug("searches begin at more places", "documents", size, "seeds", n)
	}
}

// seedMissed makes searches begin at those of nodes that are live and that they
// miss.
func (x *Index) seedMissed(nodes func(yield func(uint32) bool)) {
	defer x.epochs.Enter().Leave()
	m := *x.visible.now.Load()
	var q selfQuery
	for node := range nodes {
		if !x.nodes.visible(node, m.seq) || !x.graph.Has(node) {
			continue
		}
		if normal, _ := q.ask(x, x.codes.heads.Code(node), node); !normal && !x.graph.Seed(node) {
			return // there are enough
		}
	}
}
