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

	// Ef is the beam width: more finds more of the true neighbours, and takes
	// longer. It is raised to K. Default 64.
	Ef int

	// Gamma, if above 0, ends the search where it has ceased to find: when every
	// node left to expand is further than 1 + Gamma times the K-th nearest found
	// (arXiv 2505.15636). Easy queries end early and hard ones go on, up to Ef,
	// whose default is then 8·K and at least 512.
	Gamma float32

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

const defaultEf = 64

// Search appends to dst the K nodes nearest to q that are live and allowed, or
// as many as there are, nearest first, and returns it. q is a code as Space
// understands it. It allocates nothing but room in dst.
func (g *Graph) Search(dst []Hit, q []byte, s Search) []Hit {
	if s.K <= 0 {
		return dst
	}
	w := g.enter()
	defer g.leave(w)
	if s.Ef <= 0 {
		s.Ef = defaultEf
		if s.Gamma > 0 {
			s.Ef = max(512, 8*s.K)
		}
	}
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
	f, flat := plan(live+dead, allowed, max(s.Ef, s.K))
	if s.walk {
		f, flat = effort{ef: max(s.Ef, s.K), trial: math.MaxInt, budget: math.MaxInt}, false
	}
	if flat || e == 0 {
		g.scan(w, sl, q, s.K)
		return true
	}
	if s.Gamma > 0 {
		f.k, f.reach = s.K, 1+s.Gamma
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
