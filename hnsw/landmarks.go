package hnsw

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// A walk that begins where a descent from one entry point ends stays in that part of
// the data. Questions are far from what they ask for, so the descent may end in
// another part: in another language, say. So on level 0 walks begin at the nearest of
// some landmarks, nodes that are far from each other.
//
// Landmarks are rows that every search reads, so they are in the cache: measuring all
// of them takes no longer than a descent (docs/decisions/0182).
const (
	landmarksMost    = 256
	landmarksFrom    = 1024 // nodes of the smallest graph that has landmarks
	landmarkShare    = 64   // nodes for each landmark, up to landmarksMost
	landmarkSample   = 16   // nodes from which each is chosen
	landmarksPerSlot = 2    // landmarks that a walk measures, for each slot of its beam
)

// landmarks are chosen when the graph has doubled since the last time. Readers load
// the list without a lock.
type landmarks struct {
	mu   sync.Mutex // guards changes
	ids  atomic.Pointer[[]uint32]
	next atomic.Int64 // live nodes at which to choose again
}

// list returns the landmarks, which must not be changed. They are in the order in
// which they were chosen, so that the first of them are far from each other too.
func (l *landmarks) list() []uint32 {
	if ids := l.ids.Load(); ids != nil {
		return *ids
	}
	return nil
}

// set replaces the landmarks of a graph of n live nodes.
func (l *landmarks) set(ids []uint32, n int) {
	l.ids.Store(&ids)
	l.next.Store(int64(max(landmarksFrom, 2*n)))
}

// remove removes landmarks that are gone from a graph of n live nodes. If these are
// more than a quarter, or the graph has halved, it removes all, to be chosen again.
func (l *landmarks) remove(gone *Bitset, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := l.list()
	left := slices.DeleteFunc(slices.Clone(ids), gone.Has)
	if 4*len(left) < 3*len(ids) || int64(4*n) < l.next.Load() {
		l.next.Store(0)
		left = nil
	}
	l.ids.Store(&left)
}

// settle chooses landmarks if the graph has grown. The caller has entered the epoch,
// so that no node that it meets is freed before the list is published.
func (g *Graph) settle(w *scratch) {
	n := g.live.Load()
	if n < max(landmarksFrom, g.landmarks.next.Load()) || !g.landmarks.mu.TryLock() {
		return
	}
	defer g.landmarks.mu.Unlock()
	if n < g.landmarks.next.Load() {
		return // somebody else did
	}
	g.landmarks.set(g.chooseLandmarks(w, min(int(n)/landmarkShare, landmarksMost)), int(n))
}

// chooseLandmarks returns count nodes that are far from each other: of a sample, each
// time the one that is furthest from those chosen.
func (g *Graph) chooseLandmarks(w *scratch, count int) []uint32 {
	sample := g.sample(count * landmarkSample)
	least := make([]uint32, len(sample)) // distance to the nearest landmark
	for i := range least {
		least[i] = math.MaxUint32
	}
	chosen := make([]uint32, 0, count)
	for at := 0; len(chosen) < count && at < len(sample) && least[at] > 0; {
		id := sample[at]
		chosen = append(chosen, id)
		code := g.space.Code(id)
		for from := 0; from < len(sample); from += scanBatch {
			part := sample[from:min(from+scanBatch, len(sample))]
			g.space.Distances(code, part, w.dist[:len(part)])
			for i, d := range w.dist[:len(part)] {
				least[from+i] = min(least[from+i], d)
			}
		}
		least[at] = 0 // codes may be at some distance from themselves
		for i, d := range least {
			if d > least[at] {
				at = i
			}
		}
	}
	return chosen
}

// sample returns about n linked nodes that are not deleted, evenly by id.
func (g *Graph) sample(n int) []uint32 {
	s := g.slabs.Load()
	step := max(1, int(g.live.Load())/n)
	ids := make([]uint32, 0, n+n/2)
	left := 0
	for id := range marked(s.present) {
		if left--; left >= 0 || has(s.dead, id) || has(s.twin, id) || atomic.LoadUint32(&g.links0(s, id)[0]) == 0 {
			continue
		}
		ids = append(ids, id)
		left = step - 1
	}
	return ids
}
