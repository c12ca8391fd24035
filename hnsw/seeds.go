package hnsw

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Data has islands, such as form letters or a second language, that no walk
// leaves and none enters: their nodes link to each other, and all others have
// nearer neighbours than them. A search that begins elsewhere misses them. So it
// begins at the nearest of some seeds as well: nodes that searches for their own
// rows were found to miss.
const (
	seedsMost = 512 // nodes that a search measures before it walks
	seedBeam  = 4   // of these and the landmarks, nodes that it walks from
)

// seeds are the nodes of Seed. Readers load the list without a lock. It grows by
// appending, and Repair replaces it.
type seeds struct {
	mu  sync.Mutex // guards changes
	ids atomic.Pointer[[]uint32]
}

// list returns the seeds, which must not be changed.
func (sd *seeds) list() []uint32 {
	if ids := sd.ids.Load(); ids != nil {
		return *ids
	}
	return nil
}

// add adds a seed, and reports false if there are too many.
func (sd *seeds) add(id uint32) bool {
	sd.mu.Lock()
	defer sd.mu.Unlock()
	ids := sd.list()
	switch {
	case slices.Contains(ids, id):
		return true
	case len(ids) >= seedsMost:
		return false
	}
	ids = append(ids, id) // beyond the length that readers see
	sd.ids.Store(&ids)
	return true
}

// remove removes seeds that are gone.
func (sd *seeds) remove(gone *Bitset) {
	sd.mu.Lock()
	defer sd.mu.Unlock()
	if ids := sd.list(); slices.ContainsFunc(ids, gone.Has) {
		ids = slices.DeleteFunc(slices.Clone(ids), gone.Has)
		sd.ids.Store(&ids)
	}
}

// Seed makes searches begin at id too, until it is deleted: a node that they do
// not find otherwise. It reports false if id is not live, or if there are too
// many seeds already. A seed costs every search one distance.
func (g *Graph) Seed(id uint32) bool {
	g.freeze.RLock()
	defer g.freeze.RUnlock()
	s := g.slabs.Load()
	if !g.has(s, id) {
		return false
	}
	if has(s.twin, id) {
		id = g.leaderOf(s, id)
	}
	return g.seeds.add(id)
}

// Seeds returns the number of seeds.
func (g *Graph) Seeds() int { return len(g.seeds.list()) }

// approach leaves in the beam the nodes from which to walk level to: the nearest
// that a descent from the entry point e finds or, on level 0, e itself and the nearest
// landmarks and seeds: the wider the beam of the walk, ef, the more of the former. A
// graph without landmarks is descended to level 0 as well.
func (g *Graph) approach(w *scratch, s *slabs, q []byte, e uint64, to, ef int) {
	marks, seeds := g.landmarks.list(), g.seeds.list()
	marks = marks[:min(len(marks), landmarksPerSlot*ef)]
	g.start(w, q, entryNode(e))
	if to > 0 || len(marks) == 0 {
		g.descend(w, s, q, entryLevel(e), to)
	}
	if to > 0 || len(marks)+len(seeds) == 0 {
		return
	}
	first := w.beam[0]
	w.beam = w.beam[:0]
	g.nearest(w, s, q, marks, entryID(first))
	g.nearest(w, s, q, seeds, entryID(first))
	// Always from there too: the others may be the remains of a tree of deleted nodes.
	w.insert(first)
}

// nearest adds to the beam those of ids, other than first, that are among the
// nearest seedBeam.
func (g *Graph) nearest(w *scratch, s *slabs, q []byte, ids []uint32, first uint32) {
	for len(ids) > 0 {
		n := 0
		for ; len(ids) > 0 && n < scanBatch; ids = ids[1:] {
			if id := ids[0]; int(id) < s.cap() && id != first {
				w.ids[n] = id
				n++
			}
		}
		g.space.Distances(q, w.ids[:n], w.dist[:n])
		w.evals += n
		for i, d := range w.dist[:n] {
			w.addSeed(pack(d, w.ids[i]))
		}
	}
}

// addSeed adds a seed or landmark to the beam if it is among the nearest seedBeam.
func (w *scratch) addSeed(e uint64) {
	last := len(w.beam) - 1
	switch {
	case slices.Contains(w.beam, e): // it is both
		return
	case len(w.beam) < seedBeam:
	case e < w.beam[last]:
		w.beam = w.beam[:last]
	default:
		return
	}
	w.insert(e)
}
