package hnsw

import "math"

// Hit is a node that a search returned, and its distance key.
type Hit struct{ ID, Distance uint32 }

// Search describes one search. The zero value of every field but K is the
// default.
type Search struct {
	// K is the number of hits wanted. Zero finds nothing.
	K int

	// Ef, Gamma and Recall trade time for recall; set one of them. The default is
	// a Recall of 0.99.

	// Ef is the beam width: a larger one finds more of the true neighbours and
	// takes longer. It is at least K. With Gamma or Recall it is an upper limit,
	// by default 8·K and at least 512.
	Ef int

	// Gamma, if above 0, ends the search when it no longer finds anything: when
	// every node left to expand is further than 1 + Gamma times the K-th nearest
	// found (arXiv 2505.15636). Easy queries end early and hard ones continue.
	Gamma float32

	// Recall, if above 0, is the share of the K nearest to find, on average over
	// queries that resemble the rows. It selects the Gamma that Calibrate
	// measured, or a conservative one if Calibrate never ran. At 1 the search is
	// an exact scan.
	Recall float32

	// Allow is the set of nodes that may be returned; nil allows all. It must
	// not change during the search.
	Allow *Bitset

	// Stats, if not nil, is filled in.
	Stats *Stats

	walk bool // never scan: for tests
}

// Stats describes what one search did.
type Stats struct {
	// Distances is the number of distances measured.
	Distances int
	// Flat is set if the rows were scanned, instead of or after walking the graph.
	Flat bool
}

const defaultRecall = 0.99

// adaptiveEf is the beam that a search with Gamma may use.
func adaptiveEf(k int) int { return max(512, 8*k) }

// resolve turns Recall into Gamma and fills in the defaults.
func (g *Graph) resolve(s *Search) {
	if s.Recall <= 0 && s.Gamma <= 0 && s.Ef <= 0 {
		s.Recall = defaultRecall
	}
	if s.Gamma <= 0 && s.Recall > 0 && s.Recall < 1 {
		s.Gamma = 0.15 // measured on embedding-like data: recall@10 of 0.998
		if s.K < 10 {
			s.Gamma = 0.3
		}
		if c := g.calibration.Load(); c != nil {
			s.Gamma = c.gamma(s.K, s.Recall)
		}
	}
	if s.Ef <= 0 {
		s.Ef = adaptiveEf(s.K)
	}
}

// Search appends to dst the K live and allowed nodes nearest to q, or all if there
// are fewer, nearest first. q is a code of the Space. Only growing dst allocates.
func (g *Graph) Search(dst []Hit, q []byte, s Search) []Hit {
	if s.K <= 0 {
		return dst
	}
	w := g.enter()
	defer g.leave(w)
	g.resolve(&s)
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
	if s.walk {
		f.trial, f.budget, flat = math.MaxInt, math.MaxInt, false
	}
	if flat || e == 0 {
		g.scan(w, sl, q, s.K)
		return true
	}
	g.approach(w, sl, q, e, 0)
	if seeds := g.Seeds(); f.trial < math.MaxInt { // they are not of the walk
		f.trial, f.budget = f.trial+seeds, f.budget+seeds
	}
	if !g.walk(w, sl, q, 0, f) {
		g.scan(w, sl, q, s.K)
		return true
	}
	return false
}
