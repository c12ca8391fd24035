package engine

import (
	"context"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// FronyFull is this project's graph over codes of four bits for each of all dimensions,
// and a rerank with full vectors.
type FronyFull struct {
	set   *dataset.Set
	graph *hnsw.Graph
	coder *quant.FullQuantizer
	codes *quant.Codes
}

// Name implements Engine.
func (f *FronyFull) Name() string { return "frony-db full" }

// Close implements Engine.
func (f *FronyFull) Close() error { return nil }

// Build implements Engine. The index is always rebuilt.
func (f *FronyFull) Build(_ context.Context, s *dataset.Set, _ string) (b Build, err error) {
	f.set = s
	if f.coder, err = quant.NewFullQuantizer(s.Dims); err != nil {
		return b, err
	}
	if f.codes, err = quant.NewFullCodes(s.Dims); err != nil {
		return b, err
	}
	if f.graph, err = hnsw.New(f.codes, &hnsw.Options{M: M, EfConstruction: EfConstruction}); err != nil {
		return b, err
	}
	b.Time = timed(func() {
		code := make([]byte, f.coder.CodeSize())
		for i := range s.Len() {
			f.coder.Encode(code, s.Base[i*s.Dims:(i+1)*s.Dims])
			f.codes.Set(uint32(i), code)
			if err = f.graph.Add(uint32(i)); err != nil {
				return
			}
		}
	})
	b.add("graph", f.graph.Bytes(), s.Len())
	b.add("codes of 4 bits", f.codes.Bytes(), s.Len())
	return b, err
}

// Sweep implements Engine.
func (f *FronyFull) Sweep() [][]Config {
	var stages [][]Config
	for _, ef := range efs {
		var cs []Config
		for _, depth := range []int{12, 16, 20, 30} {
			if depth <= ef {
				cs = append(cs, Config{Ef: ef, Depth: depth})
			}
		}
		stages = append(stages, cs)
	}
	return stages
}

// Run implements Engine.
func (f *FronyFull) Run(_ context.Context, first, n int, cs []Config) ([]Run, error) {
	var hits []hnsw.Hit
	code := make([]byte, f.coder.QuerySize())
	return eachQuery(f.set, first, n, cs, func(c Config, q int, ids []uint32) ([]uint32, error) {
		f.coder.EncodeQuery(code, f.set.Query[q*f.set.Dims:(q+1)*f.set.Dims])
		hits = f.graph.Search(hits[:0], code, hnsw.Search{K: c.Depth, Ef: c.Ef})
		return appendIDs(ids, hits), nil
	})
}
