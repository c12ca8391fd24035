package hnsw

import "math"

// Hit is a node that a search returned, and its distance key.
type Hit struct{ ID, Distance uint32 }

// Search describes one search. The zero value of every field but K is the
// default.
type Search struct {
	// K is the number of hits wanted. Zero finds nothing.
	K int

	// Ef is the beam width: a larger one finds more of the true neighbours and
	// takes longer. It is at least K; by default 2·K and at least 64.
	Ef int

	// Allow is the set of nodes that may be returned; nil allows all. It must
	// not change during the search.
	Allow *Bitset

	// Stats, if not nil, is filled in.
	Stats *Stats

	walk, scan bool // always walk, or always scan: for tests
}

// Stats describes what one search did.
type Stats struct {
	// Distances is the number of distances measured.
	Distances int
	// Flat is set if the rows were scanned, instead of or after walking the graph.
	Flat bool
}

// beam is the width of the beam, with the default filled in.
func (s *Search) beam() int {
	if s.Ef > 0 {
		return max(s.Ef, s.K)
	}
	return max(defaultEf, 2*s.K)
}

const defaultEf = 64

// Search appends to dst the K live and allowed nodes nearest to q, or all if there
// are fewer, nearest first. q is a code of the Space. Only growing dst allocates.
func (g *Graph) Search(dst []Hit, q []byte, s Search) []Hit {
	if s.K <= 0 {
		return dst
	}
	w := g.enter()
	defer g.leave(w)
	flat := g.search(w, q, s)
	if s.Stats != nil {
		*s.Stats = Stats{Distances: w.evals, Flat: flat}
	}
	return g.hits(dst, w, s, flat)
}

// hits appends the first K returnable nodes of the beam to dst. A walk meets the
// leaders of twins only, and a scan meets every node.
func (g *Graph) hits(dst []Hit, w *scratch, s Search, flat bool) []Hit {
	sl := w.skip.s
	for _, e := range w.beam {
		if s.K == 0 {
			break
		}
		id := entryID(e)
		switch {
		case e&blocked != 0:
		case flat || !has(sl.grouped, id):
			dst = append(dst, Hit{id, distance(e)})
			s.K--
		default:
			for twin := range g.returnable(sl, id, s.Allow) {
				if s.K == 0 {
					break
				}
				dst = append(dst, Hit{twin, distance(e)})
				s.K--
			}
		}
	}
	return dst
}

// search leaves the result in the beam, and reports whether it scanned.
func (g *Graph) search(w *scratch, q []byte, s Search) (flat bool) {
	w.beam, w.live = w.beam[:0], 0
	live, dead := g.Len(), g.Dead()
	allowed := live
	if s.Allow != nil {
		allowed = min(allowed, s.Allow.Count())
	}
	e := g.entry.Load()
	sl := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
	w.skip = filter{allow: s.Allow, g: g, s: sl}
	if dead > 0 {
		w.skip.dead = sl.dead
	}
	f, flat := plan(s, live+dead, allowed)
	switch {
	case s.walk:
		f.trial, f.budget, flat = math.MaxInt, math.MaxInt, false
	case s.scan:
		flat = true
	}
	if flat || e == 0 {
		g.scan(w, sl, q, s.K)
		return true
	}
	g.approach(w, sl, q, e, 0, f.ef)
	if f.trial < math.MaxInt { // landmarks and seeds are not of the walk
		n := g.Seeds() + len(g.landmarks.list())
		f.trial, f.budget = f.trial+n, f.budget+n
	}
	if !g.walk(w, sl, q, 0, f) {
		g.scan(w, sl, q, s.K)
		return true
	}
	return false
}
