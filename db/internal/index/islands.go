package index

import (
	"math/rand/v2"

	"github.com/fronyai/frony-db/hnsw"
)

// Each time the collection has doubled, some of its documents are asked for by
// their own vectors: one in islandsSmall, up to islandsMost of them, or one in
// islandsLarge if that is more. Those that the graph does not return stand on
// islands: form letters, a second language. Searches begin there too from then on,
// and so does the linking of new documents.
const (
	islandsFrom  = 4000 // documents
	islandsSmall = 4
	islandsMost  = 4000
	islandsLarge = 64
	islandsPart  = 256 // documents that are asked for before readers may end
)

// seedSoon looks for islands in the background if the collection has doubled.
func (x *Index) seedSoon() {
	g := x.graph.asked()
	if g == nil {
		return
	}
	n := g.Len()
	if n < islandsFrom || int64(n) < 2*x.islands.Load() || !x.seeding.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.seeding.Store(false)
		x.seedIslands(g, n)
		x.islands.Store(int64(n))
	})
}

// seedIslands makes searches of a graph begin at documents that they miss. size is the
// number of documents.
func (x *Index) seedIslands(g *hnsw.Graph, size int) {
	rng := rand.New(rand.NewPCG(uint64(size), uint64(x.id)))
	seeds, left := g.Seeds(), max(min(size/islandsSmall, islandsMost), size/islandsLarge)
	for left > 0 && !x.halted() {
		n := min(left, islandsPart)
		left -= n
		x.seedMissed(g, func(yield func(uint32) bool) {
			for range n {
				if node := rng.Uint32N(x.bound()); !yield(node) {
					return
				}
			}
		})
	}
	if n := g.Seeds() - seeds; n > 0 {
		x.log.Debug("searches begin at more places", "documents", size, "seeds", n)
	}
}

// seedMissed makes searches begin at those of nodes that are live and that they
// miss.
func (x *Index) seedMissed(g *hnsw.Graph, nodes func(yield func(uint32) bool)) {
	defer x.epochs.Enter().Leave()
	m := *x.visible.now.Load()
	var q selfQuery
	for node := range nodes {
		if !x.nodes.visible(node, m.seq) || !g.Has(node) {
			continue
		}
		if normal, _ := q.ask(x, g, x.codes.heads.Code(node), node); !normal && !g.Seed(node) {
			return // there are enough
		}
	}
}
