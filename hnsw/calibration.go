package hnsw

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A calibration is the measured recall of searches in this graph, by k and by
// Gamma. Search.Recall is translated to Gamma with it.
type calibration struct {
	nodes  uint32 // live nodes when it was measured
	recall [len(calibratedK)][len(calibratedGamma)]float32
}

// Recall at a given Gamma grows with k. So between two values of k, the smaller
// errs on the side of more recall.
var (
	calibratedK     = [...]int{1, 10, 50, 200}
	calibratedGamma = [...]float32{0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.17, 0.22, 0.3, 0.4, 0.55, 0.75}
)

// CalibrateOptions are the options of Calibrate. The zero value means the
// defaults.
type CalibrateOptions struct {
	// Samples is the number of nodes that serve as queries. Default 200.
	Samples int
	// Workers is the number of goroutines. Default GOMAXPROCS.
	Workers int
}

const defaultSamples = 200

// Calibrate measures how Gamma determines recall, on a sample of nodes, each of
// them ignored while it is the query. Search.Recall depends on the result, which
// snapshots carry. Calibrate scans the rows once for each sample: 200 samples of
// 100k rows take about a second. Call it again when the graph has doubled.
func (g *Graph) Calibrate(o CalibrateOptions) {
	if o.Samples <= 0 {
		o.Samples = defaultSamples
	}
	ids := g.sample(o.Samples)
	if len(ids) == 0 {
		return
	}
	c := &calibration{nodes: uint32(g.Len())}
	parts := make([]calibration, len(ids)) // summed in order, so that timing does not matter
	g.share(o.Workers, len(ids), func(w *scratch, i int) {
		defer g.epoch.Enter().Leave()
		g.measureRecall(w, ids[i], &parts[i])
	})
	for i := range c.recall {
		for j := range c.recall[i] {
			sum := 0.0
			for p := range parts {
				sum += float64(parts[p].recall[i][j])
			}
			c.recall[i][j] = float32(sum / float64(len(parts)))
		}
	}
	g.calibration.Store(c)
}

// Calibrated returns the number of live nodes when Calibrate ran, or 0.
func (g *Graph) Calibrated() int {
	if c := g.calibration.Load(); c != nil {
		return int(c.nodes)
	}
	return 0
}

// sample returns up to n live nodes, evenly spread over the ids.
func (g *Graph) sample(n int) []uint32 {
	s := g.slabs.Load()
	step := float64(max(1, g.Len())) / float64(n)
	var ids []uint32
	seen := 0
	for id := range marked(s.present) {
		if !g.has(s, id) || has(s.twin, id) || has(s.grouped, id) {
			continue // a search for a twin finds the others, left out or not
		}
		if float64(seen) >= float64(len(ids))*step {
			ids = append(ids, id)
		}
		seen++
	}
	return ids[:min(n, len(ids))]
}

// measureRecall searches with the code of node id, which is left out.
func (g *Graph) measureRecall(w *scratch, id uint32, c *calibration) {
	e := g.entry.Load()
	s := w.fit(g.slabs.Load()) // after the entry point, so that they cover it
	code := g.space.Code(id)
	w.skip = filter{dead: s.dead}
	most := calibratedK[len(calibratedK)-1]
	g.scan(w, s, code, most+1)
	var nearest []uint32 // distances, ascending
	for _, e := range w.beam {
		if entryID(e) != id {
			nearest = append(nearest, distance(e))
		}
	}
	w.leftOut = word(id)
	defer func() { w.leftOut = 0 }()
	for i, k := range calibratedK {
		k = min(k, len(nearest))
		if k == 0 {
			continue
		}
		for j, gamma := range calibratedGamma {
			if j > 0 && c.recall[i][j-1] == 1 {
				c.recall[i][j] = 1
				continue
			}
			g.approach(w, s, code, e, 0)
			g.walk(w, s, code, 0, effort{
				ef: adaptiveEf(k), k: k, stop: 1 + gamma, trial: math.MaxInt, budget: math.MaxInt,
			})
			found := 0
			for _, e := range w.beam {
				if e&blocked == 0 && entryID(e) != id && distance(e) <= nearest[k-1] {
					found++
				}
			}
			c.recall[i][j] = float32(min(found, k)) / float32(k)
		}
	}
}

// gamma returns the smallest Gamma whose measured recall at k is enough, or the
// one with the highest recall if none is.
func (c *calibration) gamma(k int, recall float32) float32 {
	row := 0
	for row+1 < len(calibratedK) && calibratedK[row+1] <= k {
		row++
	}
	best := 0
	for j, r := range c.recall[row] {
		if r > c.recall[row][best] {
			best = j
		}
		if r >= recall {
			break
		}
	}
	return calibratedGamma[best]
}

func (c *calibration) encode() []byte {
	if c == nil {
		return nil
	}
	le := binary.LittleEndian
	b := le.AppendUint32(nil, c.nodes)
	for i, row := range c.recall {
		b = le.AppendUint32(b, uint32(calibratedK[i]))
		for j, r := range row {
			b = le.AppendUint32(b, math.Float32bits(calibratedGamma[j]))
			b = le.AppendUint32(b, math.Float32bits(r))
		}
	}
	return b
}

// decodeCalibration decodes what encode wrote. A table with other values of k or
// Gamma, as another release may write, is ignored.
func decodeCalibration(b []byte) (*calibration, error) {
	if len(b) == 0 {
		return nil, nil //nolint:nilnil // a snapshot need not have a calibration
	}
	if len(b)%4 != 0 {
		return nil, fmt.Errorf("%w: calibration of %d bytes", ErrCorrupt, len(b))
	}
	c := &calibration{nodes: binary.LittleEndian.Uint32(b)}
	if len(b) != len(c.encode()) {
		return nil, nil //nolint:nilnil // see above
	}
	at := 4
	next := func() uint32 {
		at += 4
		return binary.LittleEndian.Uint32(b[at-4:])
	}
	for i := range c.recall {
		if next() != uint32(calibratedK[i]) {
			return nil, nil //nolint:nilnil // see above
		}
		for j := range c.recall[i] {
			if next() != math.Float32bits(calibratedGamma[j]) {
				return nil, nil //nolint:nilnil // see above
			}
			r := math.Float32frombits(next())
			if !(r >= 0 && r <= 1) {
				return nil, fmt.Errorf("%w: a recall of %g", ErrCorrupt, r)
			}
			c.recall[i][j] = r
		}
	}
	return c, nil
}
