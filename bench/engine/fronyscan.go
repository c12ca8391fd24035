package engine

import (
	"context"
	"math/bits"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/internal/topk"
	"github.com/fronyai/frony-db/quant"
)

// FronyScan compares the sketches of all vectors, then the codes of all dimensions of the
// best, and the full vectors of the best of those.
type FronyScan struct {
	set      *dataset.Set
	sketches *quant.Sketches
	codes    *splitCodes
}

// Name implements Engine.
func (f *FronyScan) Name() string { return "frony-db scan" }

// Close implements Engine.
func (f *FronyScan) Close() error { return nil }

// Build implements Engine. Sketches and codes are always made anew.
func (f *FronyScan) Build(_ context.Context, s *dataset.Set, _ string) (b Build, err error) {
	f.set = s
	if f.codes, err = newSplitCodes(s); err != nil {
		return b, err
	}
	if f.sketches, err = quant.NewSketches(s.Dims, 1, nil); err != nil {
		return b, err
	}
	b.Time = timed(func() {
		for i := range s.Len() {
			v := s.Base[i*s.Dims : (i+1)*s.Dims]
			f.codes.add(uint32(i), v)
			f.sketches.Set(uint32(i), v)
		}
	})
	b.add("sketches", f.sketches.Bytes(), s.Len())
	b.add("heads, int8", f.codes.Head.Bytes(), s.Len())
	b.add("tails, int8", f.codes.Tail.Bytes(), s.Len())
	return b, err
}

// Sweep implements Engine.
func (f *FronyScan) Sweep() [][]Config {
	var stages [][]Config
	for _, c := range []int{20, 30, 50, 75, 100, 150, 200, 300, 400, 600, 1000, 2000} {
		var cs []Config
		for _, depth := range []int{20, 30} {
			if depth <= c {
				cs = append(cs, Config{Codes: c, Depth: depth})
			}
		}
		stages = append(stages, cs)
	}
	return stages
}

// Run implements Engine.
func (f *FronyScan) Run(_ context.Context, first, n int, cs []Config) ([]Run, error) {
	var query quant.SketchQuery
	return eachQuery(f.set, first, n, cs, func(c Config, q int, _ []uint32) ([]uint32, error) {
		v := f.set.Query[q*f.set.Dims : (q+1)*f.set.Dims]
		f.sketches.Reset(&query, v)
		best := topk.Best{Want: c.Codes}
		f.scan(&query, &best)
		f.codes.encode(v)
		return f.codes.narrow(best.Nodes(), c.Depth), nil
	})
}

const scanBatch = 16 // blocks: their scores stay in the cache

// scan gives the rows with the highest estimates to best.
func (f *FronyScan) scan(q *quant.SketchQuery, best *topk.Best) {
	var scores [scanBatch * quant.SketchRows]float32
	var over [scanBatch]uint64
	blocks := f.sketches.Blocks()
	for block := 0; block < blocks; block += scanBatch {
		n := min(scanBatch, blocks-block)
		f.sketches.Scan(q, block, n, topk.KeyScore(best.Floor), scores[:], over[:])
		for i, w := range over[:n] {
			for ; w != 0; w &= w - 1 {
				r := i*quant.SketchRows + bits.TrailingZeros64(w)
				best.Add(topk.ScoreKey(uint32(block*quant.SketchRows+r), scores[r]))
			}
		}
	}
}
