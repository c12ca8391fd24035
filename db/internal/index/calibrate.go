package index

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// How many of the graph's candidates must be reranked to have the true results
// among them depends on how much of the vectors' energy lies behind the head:
// twice as many for one model as for another. So it is measured, on the
// collection's own vectors, each time it has doubled.
const (
	calibrateFrom    = 4000   // documents: below, searches scan
	calibrateQueries = 64     // vectors of the collection that are asked
	calibrateRows    = 20_000 // nodes that are compared with each
	calibrateK       = 10
	// Questions lie farther from the documents than documents do from each
	// other, and their neighbours' heads say less: they need more candidates.
	calibrateMargin = 1.25

	// Until it is measured.
	perResultDefault = 10
	perResultMax     = 40
	candidatesMin    = 64 // for few results the average says little

	defaultRecall = 0.99 // of Query.Recall
)

// recalls are the shares of the true results within the candidates that are
// measured.
var recalls = [...]float32{0.9, 0.95, 0.98, 0.99, 0.995, 0.999}

// calibration is what was measured.
type calibration struct {
	PerResult [len(recalls)]float64 `json:"per_result"` // candidates for each result, by recall
	Size      int                   `json:"size"`       // documents when it was measured
	Seeded    int                   `json:"seeded"`     // documents when islands were last looked for
}

func uncalibrated() *calibration {
	c := &calibration{}
	for i := range c.PerResult {
		c.PerResult[i] = perResultDefault
	}
	return c
}

// perResult is the number of candidates per result for a recall.
func (c *calibration) perResult(recall float32) float64 {
	for i, r := range recalls {
		if recall <= r {
			return c.PerResult[i]
		}
	}
	return perResultMax
}

// oversampling is the number of candidates per result.
func (x *Index) oversampling() float64 {
	if x.set.Oversampling > 0 {
		return float64(x.set.Oversampling)
	}
	return x.calibration.Load().perResult(defaultRecall)
}

// candidates is how many of the graph's candidates a query has reranked for k
// results.
func (x *Index) candidates(q *Query, k int) int {
	if n := cmp.Or(q.Oversampling, x.set.Oversampling); n > 0 {
		return k * min(n, int(x.bound()))
	}
	per := x.calibration.Load().perResult(cmp.Or(q.Recall, defaultRecall))
	return max(candidatesMin, int(math.Ceil(float64(k)*per)))
}

// calibrateSoon measures in the background if the collection has doubled.
func (x *Index) calibrateSoon() {
	n, cal := x.graph.Len(), x.calibration.Load()
	if n < calibrateFrom || n < 2*cal.Seeded || !x.calibrating.CompareAndSwap(false, true) {
		return
	}
	x.background.Go(func() {
		defer x.calibrating.Store(false)
		x.calibrate(n)
	})
}

// calibrate looks for islands, and measures how many candidates a result needs
// where heads propose them and nobody has said how many.
func (x *Index) calibrate(size int) {
	x.seedIslands(size)
	cal := uncalibrated()
	cal.Seeded = size
	if x.set.Oversampling == 0 && x.codes.tails != nil {
		cal.Size = size
		x.measureHeads(cal)
		x.log.Debug("calibrated", "documents", size, "candidates_per_result", cal.PerResult)
	}
	x.calibration.Store(cal)
}

// measureHeads asks some of the collection's own vectors: the true neighbours are
// those by the codes of all dimensions, and their ranks by the heads say how
// many candidates hold them. If too few of the vectors are distinct, cal stays as
// it is.
func (x *Index) measureHeads(cal *calibration) {
	defer x.epochs.Enter().Leave()
	rng := rand.New(rand.NewPCG(uint64(cal.Size), uint64(x.id)))
	m := *x.visible.now.Load()
	var live []uint32
	for node := range x.bound() {
		// Of copies one is enough: their own copies are all that they would find.
		if x.nodes.visible(node, m.seq) && !x.graph.IsTwin(node) {
			live = append(live, node)
		}
	}
	rng.Shuffle(len(live), func(i, j int) { live[i], live[j] = live[j], live[i] })
	if len(live) > calibrateRows {
		live = live[:calibrateRows]
	}
	if len(live) < calibrateFrom/2 {
		return
	}
	var ranks []int
	heads := make([]uint32, len(live))
	var near []uint32
	for _, node := range live[:calibrateQueries] {
		code := code{x.codes.heads.Code(node), x.codes.tails.Code(node)}
		x.codes.heads.Distances(code.head, live, heads)
		// The first is the vector itself, or a copy of it.
		hits := x.codes.nearest(code, calibrateK+1, slices.Values(live))[1:]
		ids, keys := make([]uint32, len(hits)), make([]uint32, len(hits))
		for i, hit := range hits {
			ids[i] = hit.ID
		}
		x.codes.heads.Distances(code.head, ids, keys)
		// A few of all the heads are nearer than any of these.
		near = near[:0]
		last := slices.Max(keys)
		for _, h := range heads {
			if h < last {
				near = append(near, h)
			}
		}
		slices.Sort(near)
		for _, key := range keys {
			rank, _ := slices.BinarySearch(near, key)
			ranks = append(ranks, rank)
		}
	}
	slices.Sort(ranks)
	for i, r := range recalls {
		rank := ranks[min(len(ranks), int(math.Ceil(float64(r)*float64(len(ranks)))))-1]
		cal.PerResult[i] = min(perResultMax, max(1, calibrateMargin*float64(rank+1)/calibrateK))
	}
}
