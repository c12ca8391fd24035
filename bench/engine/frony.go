package engine

import (
	"context"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/hnsw"
)

// Frony is this project's graph over codes of the heads, a first rerank with codes of all
// dimensions, and a last one with full vectors.
type Frony struct {
	set   *dataset.Set
	graph *hnsw.Graph
	codes *splitCodes
}

// Name implements Engine.
func (f *Frony) Name() string { return "frony-db" }

// Close implements Engine.
func (f *Frony) Close() error { return nil }

// Build implements Engine. The index is always rebuilt.
func (f *Frony) Build(_ context.Context, s *dataset.Set, _ string) (b Build, err error) {
	f.set = s
	if f.codes, err = newSplitCodes(s); err != nil {
		return b, err
	}
	if f.graph, err = hnsw.New(f.codes.Head, &hnsw.Options{M: M, EfConstruction: EfConstruction}); err != nil {
		return b, err
	}
	b.Time = timed(func() {
		for i := range s.Len() {
			f.codes.add(uint32(i), s.Base[i*s.Dims:(i+1)*s.Dims])
			if err = f.graph.Add(uint32(i)); err != nil {
				return
			}
		}
	})
	b.add("graph", f.graph.Bytes(), s.Len())
	b.add("heads, int8", f.codes.Head.Bytes(), s.Len())
	b.add("tails, int8", f.codes.Tail.Bytes(), s.Len())
	return b, err
}

// Sweep implements Engine.
func (f *Frony) Sweep() [][]Config {
	var stages [][]Config
	for _, ef := range efs {
		var cs []Config
		if ef <= 64 {
			cs = append(cs, Config{Ef: ef, Depth: ef})
		}
		cs = append(cs, Config{Ef: ef, Codes: ef, Depth: 12})
		if ef > 64 {
			cs = append(cs, Config{Ef: ef, Codes: 64, Depth: 12})
		}
		stages = append(stages, cs)
	}
	return stages
}

// Run implements Engine: each query from its float vector to its ten results.
func (f *Frony) Run(_ context.Context, first, n int, cs []Config) ([]Run, error) {
	var hits []hnsw.Hit
	return eachQuery(f.set, first, n, cs, func(c Config, q int, ids []uint32) ([]uint32, error) {
		f.codes.encode(f.set.Query[q*f.set.Dims : (q+1)*f.set.Dims])
		hits = f.graph.Search(hits[:0], f.codes.head, hnsw.Search{K: max(c.Depth, c.Codes), Ef: c.Ef})
		ids = appendIDs(ids, hits)
		if c.Codes > 0 {
			ids = f.codes.narrow(ids, c.Depth)
		}
		return ids, nil
	})
}
