package db

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fronyai/frony-db/quant"
)

// How many of the graph's candidates must be reranked to have the true results
// among them depends on how much of the vectors' energy lies behind the head:
// twice as many for one model as for another. So it is measured, on the
// collection's own vectors, each time it has doubled.
const (
	calibrateFrom    = 4000   // documents: below, searches scan
	calibrateQueries = 48     // vectors of the collection that are asked
	calibrateRows    = 50_000 // nodes that are compared with each
	calibrateK       = 10
	calibrateRecall  = 0.995 // of the true results within the candidates
	// Questions lie farther from the documents than documents do from each
	// other, and their neighbours' heads say less: they need more candidates.
	calibrateMargin = 1.5

	// Until it is measured.
	perResultDefault = 6
	perResultMin     = 3
	perResultMax     = 50
	candidatesMin    = 32 // for few results the average says little
)

// calibration is the number of candidates per result that a collection needs.
type calibration struct {
	perResult float64
	size      int // documents when it was measured
}

// oversampling is the number of candidates per result.
func (c *Collection) oversampling() float64 {
	if c.set.Oversampling > 0 {
		return float64(c.set.Oversampling)
	}
	return c.calibration.Load().perResult
}

// candidates is how many candidates a search for k takes; asked is the
// query's own oversampling or 0.
func (c *Collection) candidates(k, asked int) int {
	if asked > 0 {
		return k * asked
	}
	if c.set.Oversampling > 0 {
		return k * c.set.Oversampling
	}
	return max(candidatesMin, int(math.Ceil(float64(k)*c.oversampling())))
}

// calibrateSoon measures in the background if the collection has doubled.
func (c *Collection) calibrateSoon() {
	n := c.graph.Len()
	if c.set.Oversampling > 0 || c.codes.tails == nil || n < max(calibrateFrom, 2*c.calibration.Load().size) ||
		!c.calibrating.CompareAndSwap(false, true) {
		return
	}
	c.background.Go(func() {
		defer c.calibrating.Store(false)
		c.calibrate(n)
	})
}

// calibrate asks some of the collection's own vectors: the true neighbours are
// those by the codes of all dimensions, and their ranks by the heads say how
// many candidates hold them.
func (c *Collection) calibrate(size int) {
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	rng := rand.New(rand.NewPCG(uint64(size), uint64(c.id)))
	m := *c.visible.now.Load()
	var live []uint32
	for node := range c.bound() {
		if c.nodes.visible(node, m.seq) {
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
	full, heads := make([]uint32, len(live)), make([]uint32, len(live))
	order := make([]int, len(live))
	split := quant.Split{Head: c.codes.heads, Tail: c.codes.tails}
	for _, node := range live[:calibrateQueries] {
		head, tail := c.codes.heads.Code(node), c.codes.tails.Code(node)
		split.Distances(head, tail, live, full)
		c.codes.heads.Distances(head, live, heads)
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return int(int64(full[a]) - int64(full[b])) })
		// The first is the vector itself, and those as near are its copies.
		for _, i := range order[1 : calibrateK+1] {
			rank := 0
			for _, h := range heads {
				if h < heads[i] {
					rank++
				}
			}
			ranks = append(ranks, rank)
		}
	}
	slices.Sort(ranks)
	rank := ranks[int(math.Ceil(calibrateRecall*float64(len(ranks))))-1]
	per := min(perResultMax, max(perResultMin, calibrateMargin*float64(rank+1)/calibrateK))
	c.calibration.Store(&calibration{per, size})
	c.log.Debug("calibrated", "documents", size, "candidates_per_result", per)
}
