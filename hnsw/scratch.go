package hnsw

import "github.com/fronyai/frony-db/internal/epoch"

// A beam entry packs a distance above a node id, so that comparing two entries
// compares distances first. Two bits of the lower half hold what the search knows.
const (
	expanded = 1 << 31 // its neighbours have been gathered
	blocked  = 1 << 30 // deleted or not allowed: walked through, but not returned
)

func pack(dist, id uint32) uint64 { return uint64(dist)<<32 | uint64(id) }
func entryID(e uint64) uint32     { return uint32(e) & idMask }
func distance(e uint64) uint32    { return uint32(e >> 32) }

// scanBatch is the number of rows that a scan measures at once: enough for the
// space to prefetch, and few enough that a kernel, which cannot be preempted,
// returns soon.
const scanBatch = 128

// scratch is the working memory of one search or insert.
type scratch struct {
	guard epoch.Guard

	visited []uint64 // a bit for each node, all clear between walks
	undo    []uint32 // nodes whose bits are set

	beam []uint64 // sorted by distance
	live int      // entries of beam that are not blocked

	ids  []uint32 // the batch being measured
	next []uint32 // the batch being gathered
	dist []uint32
	skip filter

	evals int // distances measured

	chosen []uint32   // the result of choose
	words  []uint32   // a copy of a list
	pool   []uint32   // the links that a repair chooses from
	cands  []uint64   // candidates of a pruning
	marks  []uint32   // their tree marks
	links  [][]uint32 // links chosen for a new node, by level
}

func (g *Graph) newScratch() *scratch {
	n := max(scanBatch, 2*g.m0) + 8
	return &scratch{
		beam:   make([]uint64, 0, 1024),
		ids:    make([]uint32, n),
		next:   make([]uint32, n),
		dist:   make([]uint32, n),
		chosen: make([]uint32, 0, g.m0+8),
		words:  make([]uint32, 0, g.m0+1),
		cands:  make([]uint64, 0, 256),
	}
}

// enter takes working memory and enters the epoch: until leave, no id that the
// caller can meet is freed.
func (g *Graph) enter() *scratch {
	w := g.pool.Get().(*scratch)
	w.guard = g.epoch.Enter()
	w.evals = 0
	return w
}

func (g *Graph) leave(w *scratch) {
	w.guard.Leave()
	w.guard = epoch.Guard{}
	w.skip = filter{}
	g.pool.Put(w)
}

// fit grows the memory for walks over s, and returns s.
func (w *scratch) fit(s *slabs) *slabs {
	if n := s.cap() / 64; len(w.visited) < n {
		w.visited = make([]uint64, n)
	}
	return s
}

// forget clears the visited bits.
func (w *scratch) forget() {
	for _, id := range w.undo {
		w.visited[id>>6] = 0
	}
	w.undo = w.undo[:0]
}

// filter decides which nodes are walked through but not returned.
type filter struct {
	dead  []*marks // nil when nothing is deleted
	allow *Bitset  // nil when everything is allowed

	// For the twins of nodes, if allow is set.
	g *Graph
	s *slabs
}

// blocks reports whether neither the node nor one of its twins may be returned.
func (f *filter) blocks(id uint32) bool {
	switch {
	case f.dead != nil && has(f.dead, id):
		return true // it has no live twins: see Delete
	case f.allow == nil:
		return false
	case has(f.s.grouped, id):
		return !f.allowedTwin(id)
	}
	return !f.allow.Has(id)
}

func (f *filter) idle() bool { return f.dead == nil && f.allow == nil }

// insert puts e at its place in the sorted beam and returns the place.
func (w *scratch) insert(e uint64) int {
	at, b := 0, w.beam
	for n := len(b); n > 0; { // written so that it compiles to conditional moves
		half := n >> 1
		next, rest := at+half+1, n-half-1
		if b[at+half] > e {
			next, rest = at, half
		}
		at, n = next, rest
	}
	if len(b) < cap(b) {
		b = b[:len(b)+1]
	} else {
		b = append(b, 0)
	}
	copy(b[at+1:], b[at:])
	b[at] = e
	w.beam = b
	return at
}
