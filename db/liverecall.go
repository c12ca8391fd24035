package db

import (
	"context"
	"math/rand/v2"
	"sync"
)

// LiveRecall is what sampled queries say about the two-stage search: the share
// of the true K nearest that it found.
type LiveRecall struct {
	Samples int     `json:"samples"`
	Mean    float64 `json:"mean"` // of all samples; 0 without any
	Worst   float64 `json:"worst"`
}

// sampler runs one query in so many again, exactly, in the background: one at
// a time, on one core, and none while one is under way, so that a burst of
// queries is not answered twice.
type sampler struct {
	mu   sync.Mutex // guards what follows
	busy bool
	sum  float64
	LiveRecall
}

// sample compares what a search found with the truth, for one query in
// Options.RecallSample. Only what the graph has answered can be wrong.
func (c *Collection) sample(q *Query, vec []float32, plan Plan) {
	every := c.db.opts.RecallSample
	if every <= 0 || plan != PlanGraph || rand.IntN(every) != 0 {
		return
	}
	c.sampled.mu.Lock()
	defer c.sampled.mu.Unlock()
	if c.sampled.busy {
		return
	}
	c.sampled.busy = true
	c.again()
	again := *q
	again.Mode, again.MinScore, again.Trace = Dense, nil, nil
	c.background.Go(func() {
		defer c.leave()
		c.measure(&again, vec)
	})
}

func (c *Collection) measure(q *Query, vec []float32) {
	recall, ok := c.compareExact(q, vec)
	c.sampled.mu.Lock()
	c.sampled.busy = false
	if ok {
		c.sampled.sum += recall
		if c.sampled.Samples == 0 || recall < c.sampled.Worst {
			c.sampled.Worst = recall
		}
		c.sampled.Samples++
		c.sampled.Mean = c.sampled.sum / float64(c.sampled.Samples)
	}
	c.sampled.mu.Unlock()
	if ok && c.db.opts.OnRecall != nil {
		c.db.opts.OnRecall(c.name, q.K, recall)
	}
}

// compareExact answers a query both ways at one moment.
func (c *Collection) compareExact(q *Query, vec []float32) (recall float64, ok bool) {
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	view, m := c.view()
	defer view.Close()
	s := &searching{c: c, q: q, vec: vec, view: view, seq: m.seq, trace: new(Trace), cores: 1}
	s.filter()
	found, err := s.dense(context.Background(), q.K, c.candidates(q, q.K))
	if err != nil {
		return 0, false
	}
	truth, err := s.exact(context.Background(), q.K)
	if err != nil || len(truth) == 0 {
		return 0, false
	}
	n := 0
	for _, f := range found {
		// By score: equally near documents are equally right.
		if f.score >= truth[len(truth)-1].score {
			n++
		}
	}
	return float64(n) / float64(len(truth)), true
}

// LiveRecall reports what the sampled queries have shown since the collection
// was opened. See Options.RecallSample.
func (c *Collection) LiveRecall() LiveRecall {
	c.sampled.mu.Lock()
	defer c.sampled.mu.Unlock()
	return c.sampled.LiveRecall
}
