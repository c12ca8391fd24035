package hnsw

import (
	"math"
	"math/bits"
)

// A search can walk the graph or scan the rows that may be returned. Scanning is
// exact, takes a time that is known beforehand, and wins when few rows may be
// returned. A walk that finds what it may return takes a time that depends on
// where those nodes are: next to the query it is as fast as without a filter, on
// the far side of the space it sees everything else first. Nobody knows which
// before trying. So the plan is:
//
//  1. Scan, if that costs no more than a walk without a filter would.
//  2. Otherwise walk, as far as a walk without a filter would go. If by then too
//     few of the nodes met may be returned, scan.
//  3. Otherwise walk on, but for no longer than the scan would take; then scan.
//     If what may be returned was rarer than overall, the query lies outside of
//     it, and the nearest are spread around: walk with twice the beam.
//
// So a search takes at most about twice as long as the scan, and as long as the
// walk where the walk is the better. Deleted nodes are filtered like others.

// The costs are in distances of a walk, on 192-byte codes (docs/decisions/0021).
const (
	rowsPerDistance  = 4  // rows that are scanned in the time of one distance of a walk
	distancesPerBit  = 14 // of a walk, for each doubling of the graph
	distancesPerSlot = 5  // of a walk, for each slot of the beam
)

// plan returns the effort of a walk for s, of which allowed out of nodes may be
// returned, and whether to scan at once instead.
func plan(s Search, nodes, allowed int) (f effort, flat bool) {
	f = effort{ef: max(s.Ef, s.K), trial: math.MaxInt, budget: math.MaxInt}
	f.slots = f.ef
	if s.Gamma > 0 {
		f.k, f.reach = s.K, 1+s.Gamma
		f.slots = min(f.ef, 2*s.K+int(300*s.Gamma)) // as far as it usually goes
	}
	walk := distancesPerBit*bits.Len(uint(nodes)) + distancesPerSlot*f.slots
	scan := allowed / rowsPerDistance
	if allowed < nodes {
		f.trial, f.budget = walk, scan
		f.share = float64(allowed) / float64(nodes)
	}
	return f, scan <= walk || s.Recall >= 1
}

// resume decides at the end of a walk's trial whether to go on: not if it will
// take longer than its budget, going by the share of nodes met so far that may
// be returned.
func (w *scratch) resume(f *effort) bool {
	trial := f.trial
	f.trial = math.MaxInt
	if w.live >= f.slots {
		return true
	}
	if w.live*f.budget < w.evals*trial { // so far, no node that was met has been dropped
		return false
	}
	if 4*float64(w.live) < f.share*float64(w.evals) {
		f.ef *= 2
	}
	return true
}
