package index

import (
	"context"
	"errors"
	"time"

	"github.com/fronyai/frony-db/internal/parallel"
)

// recodeSoon changes the kind of the codes in the background, and builds the graph anew.
func (x *Index) recodeSoon() {
	if !x.recoding.CompareAndSwap(false, true) {
		return
	}
	// Not among the background work that recode waits for.
	x.changing.Go(func() {
		open := x.recode()
		x.recoding.Store(false)
		if open {
			x.buildSoon()
		}
	})
}

// recode makes codes of the other kind of all documents, from their full vectors in
// memory. Operations wait meanwhile: about a second for a million on two cores. The graph
// is gone then, and is to be built over the new codes. It is false if the index is closed.
func (x *Index) recode() bool {
	x.halting.Add(1)
	defer x.halting.Add(-1)
	for x.busy() && !x.stopping.Load() { // operations need not wait for that, too
		time.Sleep(time.Millisecond)
	}
	if err := x.gate.Pause(context.Background()); err != nil {
		return false
	}
	defer x.gate.Resume()
	x.settle()
	start := time.Now()
	set := x.coded()
	set.Full = !set.Full
	c, err := newCodes(&set)
	if err == nil {
		err = x.encodeAll(c)
	}
	links, failed := x.newLinks(c)
	if err = errors.Join(err, failed); err != nil {
		x.log.Warn("the codes could not be changed; they stay as they are", "err", err)
		return true
	}
	c.sketches.Store(x.codes.sketches.Load())
	for node := range x.bound() { // what only the graph knew
		if x.graph.knows(node) && !x.members.has(node) {
			x.members.bury([]uint32{node})
		}
	}
	x.full.Store(set.Full)
	x.codes, x.graph = c, new(graph)
	x.graph.made.Store(links)
	x.islands.Store(0)
	x.saved.Store(0)
	x.forgetBeams()
	x.log.Info("codes changed", "full", set.Full, "documents", x.members.count(), "took", time.Since(start))
	return true
}

// busy reports whether something long goes on in the background.
func (x *Index) busy() bool {
	return x.building.Load() || x.calibrating.Load() || x.seeding.Load() || x.snapping.Load() || x.repairing.Load()
}

// encodeAll makes codes of all members, and of no vector for the other nodes.
func (x *Index) encodeAll(c *codes) error {
	const part = 1024
	bound := x.bound()
	errs := make([]error, (bound+part-1)/part)
	parallel.Each(len(errs), 1, func(i int) {
		r := x.read()
		defer r.end()
		k, none := c.blank(), c.blank()
		var vec []float32
		for node := uint32(i) * part; node < min(bound, uint32(i+1)*part); node++ {
			vector := false
			if x.members.has(node) {
				if vec, vector, errs[i] = r.AppendVector(vec[:0], node); errs[i] != nil {
					return
				}
			}
			if !vector {
				c.set(node, none)
				continue
			}
			c.encode(k, vec)
			c.set(node, k)
		}
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetBeams forgets what beams have found in a graph that is no more, and what other
// codes had to leave.
func (x *Index) forgetBeams() {
	cal := *x.calibration.Load()
	cal.Beams, cal.BeamNS, cal.CodeNS = [len(calibrateK)][len(recalls)]int{}, 0, 0
	cal.Codes = [len(calibrateK)][len(recalls)]float64{}
	x.calibration.Store(&cal)
}
