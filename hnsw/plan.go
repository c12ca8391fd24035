package hnsw

import (
	"math"
	"math/bits"
)

// A search can walk the graph or scan the rows that the filter allows. A scan is
// exact, its time is known in advance, and it wins when few rows are allowed. The
// time of a walk depends on where the allowed nodes are: next to the query, it is
// as fast as without a filter; on the far side of the space, the walk sees
// everything else first. Only trying tells which. So the plan is:
//
//  1. Scan, if that costs no more than a walk without a filter.
//  2. Otherwise walk, as far as a walk without a filter would go. Scan if too few
//     of the nodes met by then are allowed.
//  3. Otherwise walk on, but for no longer than the scan would take; then scan.
//     If allowed nodes were rarer than overall, the query lies outside the
//     allowed set, whose nearest nodes are spread around it: double the beam.
//
// So a search takes at most about twice as long as the scan, and no longer than
// the walk if the walk is faster. Deleted nodes are filtered like the others.

// Costs are counted in distances of a walk, on 192-byte codes
// (docs/decisions/0021).
const (
	rowsPerDistance  = 4  // rows scanned in the time of one distance of a walk
	distancesPerBit  = 14 // of a walk, for each doubling of the graph
	distancesPerSlot = 5  // of a walk, for each slot of the beam
)

// plan returns the effort of a walk for s when allowed of the nodes may be
// returned, and whether to scan instead.
func plan(s Search, nodes, allowed int) (f effort, flat bool) {
	f = effort{ef: s.beam(), trial: math.MaxInt, budget: math.MaxInt}
	walk := distancesPerBit*bits.Len(uint(nodes)) + distancesPerSlot*f.ef
	scan := allowed / rowsPerDistance
	if allowed < nodes {
		f.trial, f.budget = walk, scan
		f.share = float64(allowed) / float64(nodes)
	}
	return f, scan <= walk
}

// resume decides at the end of a walk's trial whether to go on. It stops a walk
// that would exceed its budget, judging by the share of the nodes met so far that
// are allowed.
func (w *scratch) resume(f *effort) bool {
	trial := f.trial
	f.trial = math.MaxInt
	if w.live >= f.ef {
		return true
	}
	if w.live*f.budget < w.evals*trial { // so far, no node has been dropped from the beam
		return false
	}
	if 4*float64(w.live) < f.share*float64(w.evals) {
		f.ef *= 2
	}
	return true
}
