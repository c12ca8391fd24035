package index

import (
	"cmp"
	"math"
)

// A search takes the plan that keeps the promise of its recall at the lowest cost.
// All of them end with the exact comparison of full vectors:
//
//   - few documents: all full vectors;
//   - more: the int8 codes of all dimensions, which err on one in thousands;
//   - the sketches of all documents, a bit a dimension: their cost grows with the
//     number of documents, but no question is hard for them;
//   - the graph over the heads: its cost hardly grows, but a question that is
//     not distributed as the documents are needs a wide beam.
//
// The last two need candidates and beams that calibrate measures on questions.
// docs/decisions/0134-scan-or-walk.md has the figures.
const (
	exactBelow = 500  // documents: comparing their vectors is as fast as anything, and right
	scanBelow  = 5000 // comparing their codes is, and nearly so

	defaultRecall = 0.99 // of Query.Recall
	exactRecall   = 1
)

// filteredMore is how many times as many candidates the sketches leave with a filter. What
// they must leave is measured without one. What a filter leaves may be of one kind, and far
// from the question: then more of it lies closely together than sketches can tell apart.
// See docs/decisions/0137-candidates-with-a-filter.md.
const filteredMore = 4

// effort is a plan and how much of it: sketches leave so many candidates, and the
// graph proposes as many with a beam of at least that width.
type effort struct {
	plan       Plan
	candidates int
}

// effort chooses how to find the k nearest of live documents, of which the first
// promised must be right.
func (s *search) effort(k, promised, live int) effort {
	switch {
	case s.q.Exact || s.q.Recall == exactRecall:
		return effort{plan: PlanExact}
	case live <= max(k, exactBelow):
		return effort{plan: PlanExactMatches}
	}
	recall, least := cmp.Or(s.q.Recall, defaultRecall), 2*k
	whole := s.x.graph.whole.Load()
	if s.graphAsked() {
		asked := max(k, s.x.asked(s.q, promised))
		if whole {
			return effort{PlanGraph, asked}
		}
		// Until it is built, what loses less than any beam.
		recall, least = recalls[len(recalls)-1], max(least, asked)
	}
	if live <= scanBelow && s.x.codes.whole() {
		return effort{plan: PlanScan}
	}
	cal := s.x.calibration.Load()
	best := effort{PlanSketches, max(least, cal.sketched(promised, recall))}
	if s.allowed != nil {
		best.candidates *= filteredMore
	}
	cost := cal.sketchCost(int(s.x.bound()), best.candidates, s.spare)
	if s.x.codes.whole() && cal.scanCost(live) < cost {
		return effort{plan: PlanScan}
	}
	// A beam can stay in one language, and only the questions that are really asked
	// tell; a scan misses none. And a filter takes from the graph what makes it fast.
	if !whole || cost < longScan || s.allowed != nil || cal.Received < questionsMost {
		return best
	}
	if beam, ns, ok := cal.beam(promised, recall); ok && doubt*ns < cost {
		best = effort{PlanGraph, max(k, beam)}
	}
	return best
}

// graphAsked reports whether the query or the collection asks the graph, whatever the
// plan would be.
func (s *search) graphAsked() bool {
	return s.q.EfSearch > 0 || s.q.Oversampling > 0 || s.q.Recall == 0 && (s.x.set.EfSearch > 0 || s.x.set.Oversampling > 0)
}

// asked is the number of candidates for k results that the query or the collection
// asks the graph for.
func (x *Index) asked(q *Query, k int) int {
	if n := cmp.Or(q.Oversampling, x.set.Oversampling); n > 0 {
		return k * min(n, int(x.bound()))
	}
	cal := x.calibration.Load()
	if beam, _, ok := cal.beam(k, cmp.Or(q.Recall, defaultRecall)); ok {
		return beam
	}
	return max(candidatesMin, k*perResultDefault)
}

// oversampling is the number of candidates per result of a default search for ten.
func (x *Index) oversampling() float64 {
	if x.set.Oversampling > 0 {
		return float64(x.set.Oversampling)
	}
	return float64(x.calibration.Load().sketched(10, defaultRecall)) / 10
}

// Costs in nanoseconds, until they are measured, of which only the proportions
// matter.
const (
	rowCost       = 2  // of a sketch in a scan
	codeCost      = 40 // of a code of all dimensions in a scan
	candidateCost = 60 // of a candidate that codes of all dimensions refine

	longScan = 250e3 // a shorter one is not worth the doubt
	doubt    = 2     // the graph must be so many times cheaper to be preferred
)

// sketchCost is how long a scan of the sketches takes on so many cores.
func (c *calibration) sketchCost(rows, candidates, cores int) float64 {
	part := float64(rows) / float64(sketchWorkers(rows, cores))
	return part*cmp.Or(c.RowNS, rowCost) + candidateCost*float64(candidates)
}

// scanCost is how long a scan of the codes of all dimensions takes.
func (c *calibration) scanCost(live int) float64 {
	return cmp.Or(c.CodeNS, codeCost) * float64(live)
}

// sketched is how many candidates the sketches must leave for k results.
func (c *calibration) sketched(k int, recall float32) int {
	if c.Questions == 0 {
		return max(uncalibratedMin, perResultUnknown*k)
	}
	return int(math.Ceil(between(k, func(i int) float64 { return c.Sketches[i][rung(recall)] })))
}

// coded is how many candidates codes of all dimensions must leave for k results.
func (c *calibration) coded(k int, recall float32) int {
	return int(math.Ceil(between(k, func(i int) float64 { return c.Codes[i][rung(recall)] })))
}

// beam is the width of the beam that finds the k nearest in the graph, and what it
// costs. It is false if none of those that were tried is wide enough.
func (c *calibration) beam(k int, recall float32) (width int, ns float64, ok bool) {
	r := rung(recall)
	for i := range calibrateK {
		if c.Beams[i][r] == 0 {
			return 0, 0, false
		}
		if k <= calibrateK[i] {
			break // those for more results do not matter
		}
	}
	wide := between(k, func(i int) float64 { return float64(c.Beams[i][r]) })
	return int(math.Ceil(wide)), wide * c.BeamNS, true
}

// rung is the place of the smallest of recalls that is enough.
func rung(recall float32) int {
	for i, r := range recalls {
		if recall <= r {
			return i
		}
	}
	return len(recalls) - 1
}

// between interpolates what was measured for calibrateK, on a logarithmic scale, and
// in proportion beyond it.
func between(k int, of func(i int) float64) float64 {
	last := len(calibrateK) - 1
	for i := 1; i <= last; i++ {
		if lo, hi := calibrateK[i-1], calibrateK[i]; k <= hi {
			t := math.Log(float64(max(k, lo))/float64(lo)) / math.Log(float64(hi)/float64(lo))
			return math.Exp((1-t)*math.Log(max(1, of(i-1))) + t*math.Log(max(1, of(i))))
		}
	}
	return of(last) * float64(k) / float64(calibrateK[last])
}
