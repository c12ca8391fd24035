package hnsw

import (
	"cmp"
	"math"
	"slices"
)

// Hit is a node that a search returned, and its distance key.
type Hit struct{ ID, Distance uint32 }

// Search says what to look for. The zero value of every field but K is the
// default.
type Search struct {
	// K is the number of hits wanted. Without one there are none.
	K int

	// Ef, Gamma and Recall say how hard to look; set one of them. Without any,
	// Recall is 0.99.

	// Ef is the beam width: more finds more of the true neighbours, and takes
	// longer. It is raised to K. With Gamma or Recall it is the most that a search
	// may use, by default 8·K and at least 512.
	Ef int

	// Gamma, if above 0, ends the search where it has ceased to find: when every
	// node left to expand is further than 1 + Gamma times the K-th nearest found
	// (arXiv 2505.15636). Easy queries end early and hard ones go on.
	Gamma float32

	// Recall, if above 0, is the share of the K nearest to find, on average over
	// queries like the rows. It chooses Gamma by what Calibrate measured, or by a
	// careful guess if it never ran. At 1 the search is a scan.
	Recall float32

	// Allow is the set of nodes that may be returned; nil allows all. It must
	// not change during the search.
	Allow *Bitset

	// Stats, if not nil, receives what the search did.
	Stats *Stats

	walk bool // never scan flat: for tests
}

// Stats tells what one search did.
type Stats struct {
	// Distances is the number of distances measured.
	Distances int
	// Flat is set when rows were scanned instead of, or after, walking the graph.
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

// Search appends to dst the K nodes nearest to q that are live and allowed, or
// as many as there are, nearest first, and returns it. q is a code as Space
// understands it. It allocates nothing but room in dst.
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
	for _, e := range w.beam {
		if s.K == 0 {
			break
		}
		if e&blocked == 0 {
			dst = append(dst, Hit{entryID(e), distance(e)})
			s.K--
		}
	}
	return dst
}

// search leaves the result in the beam, and reports whether it scanned flat.
func (g *Graph) search(w *scratch, q []byte, s Search) (flat bool) {
	w.beam, w.live = w.beam[:0], 0
	live, dead := g.Len(), g.Dead()
	allowed := live
	if s.Allow != nil {
		allowed = min(allowed, s.Allow.Count())
	}
	e := g.entry.Load()
	sl := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
	w.skip = filter{allow: s.Allow}
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
	// What waits for Add is scanned before the walk: an id that is linked between
	// the two is found twice, which mends easily, and never missed.
	g.scanPending(w, sl, q, s.K)
	w.late = append(w.late[:0], w.beam...)
	g.start(w, q, entryNode(e))
	g.descend(w, sl, q, entryLevel(e), 0)
	if !g.walk(w, sl, q, 0, f) {
		g.scan(w, sl, q, s.K)
		return true
	}
	for _, e := range w.late {
		if !w.holds(e) {
			w.insert(e)
		}
	}
	return false
}

// holds reports whether the node of e, at its distance, is in the beam.
func (w *scratch) holds(e uint64) bool {
	i, _ := slices.BinarySearchFunc(w.beam, e, func(a, b uint64) int { return cmp.Compare(distance(a), distance(b)) })
	for ; i < len(w.beam) && distance(w.beam[i]) == distance(e); i++ {
		if entryID(w.beam[i]) == entryID(e) {
			return true
		}
	}
	return false
}
