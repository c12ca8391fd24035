package index

import (
	"context"
	"math/rand/v2"
	"sync"
)

// LiveRecall is the recall of the two-stage search on sampled queries: the share of
// the true K nearest that it found.
type LiveRecall struct {
	Samples int
	Mean    float64 // of all samples; 0 if there are none
	Worst   float64
}

// sampler repeats some searches exactly, in the background: one at a time and on one
// core, so that it does not double the work of a burst.
type sampler struct {
	mu   sync.Mutex // guards the fields below
	busy bool
	sum  float64
	LiveRecall
}

// sample compares the results of one in Options.RecallSample searches with the exact
// ones. It skips searches that are exact, or nearly so.
func (x *Index) sample(q *Query, plan Plan) {
	every := x.opts.RecallSample
	if every <= 0 || plan != PlanGraph && plan != PlanSketches || rand.IntN(every) != 0 {
		return
	}
	x.sampler.mu.Lock()
	defer x.sampler.mu.Unlock()
	if x.sampler.busy {
		return
	}
	x.sampler.busy = true
	again := *q
	again.Text, again.MinScore, again.MinCosine = "", nil, nil
	x.background.Go(func() { x.repeat(&again) })
}

func (x *Index) repeat(q *Query) {
	recall, ok := x.compareExact(q)
	s := &x.sampler
	s.mu.Lock()
	s.busy = false
	if ok {
		s.sum += recall
		if s.Samples == 0 || recall < s.Worst {
			s.Worst = recall
		}
		s.Samples++
		s.Mean = s.sum / float64(s.Samples)
	}
	s.mu.Unlock()
	if ok && x.opts.OnRecall != nil {
		x.opts.OnRecall(q.K, recall)
	}
}

// compareExact answers a query both ways at one moment.
func (x *Index) compareExact(q *Query) (recall float64, ok bool) {
	r := x.read()
	defer r.end()
	s := &search{Reader: r, q: q, trace: new(Trace), cores: 1}
	if err := s.filter(); err != nil {
		return 0, false
	}
	found, err := s.dense(context.Background(), q.K, q.K)
	if err != nil {
		return 0, false
	}
	truth, err := s.exact(context.Background(), q.K)
	if err != nil || len(truth) == 0 {
		return 0, false
	}
	n := 0
	for _, f := range found {
		// By score: documents that are equally near are equally right.
		if f.score >= truth[len(truth)-1].score {
			n++
		}
	}
	return float64(n) / float64(len(truth)), true
}

// LiveRecall returns the recall of the searches sampled since the index was opened.
func (x *Index) LiveRecall() LiveRecall {
	x.sampler.mu.Lock()
	defer x.sampler.mu.Unlock()
	return x.sampler.LiveRecall
}
