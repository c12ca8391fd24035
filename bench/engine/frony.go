package engine

import (
	"context"
	"slices"
	"time"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// Frony is this project's index: a graph over codes of the heads, a first rerank with codes
// of the tails, and a last one with full vectors.
type Frony struct {
	set   *dataset.Set
	graph *hnsw.Graph
	coder *quant.SplitQuantizer
	codes quant.Split
}

// Name implements Engine.
func (f *Frony) Name() string { return "frony-db" }

// Close implements Engine.
func (f *Frony) Close() error { return nil }

// Build implements Engine. The index is always rebuilt.
func (f *Frony) Build(_ context.Context, s *dataset.Set, _ string) (b Build, err error) {
	f.set = s
	if f.coder, err = quant.NewSplitQuantizer(s.Dims, s.HeadDims); err != nil {
		return b, err
	}
	if f.codes.Head, err = quant.NewCodes(f.coder.HeadDims()); err != nil {
		return b, err
	}
	if f.codes.Tail, err = quant.NewCodes(f.coder.TailDims()); err != nil {
		return b, err
	}
	if f.graph, err = hnsw.New(f.codes.Head, &hnsw.Options{M: M, EfConstruction: EfConstruction}); err != nil {
		return b, err
	}
	b.Time = timed(func() {
		head, tail := make([]byte, f.coder.HeadSize()), make([]byte, f.coder.TailSize())
		for i := range s.Len() {
			f.coder.Encode(head, tail, s.Base[i*s.Dims:(i+1)*s.Dims])
			f.codes.Head.Set(uint32(i), head)
			f.codes.Tail.Set(uint32(i), tail)
			if err = f.graph.Add(uint32(i)); err != nil {
				return
			}
		}
	})
	b.Bytes = float64(f.graph.Bytes()+f.codes.Head.Bytes()+f.codes.Tail.Bytes()) / float64(s.Len())
	return b, err
}

// Sweep implements Engine.
func (f *Frony) Sweep() []Config {
	var cs []Config
	for _, ef := range []int{16, 24, 32, 48, 64, 96, 128, 192, 256, 384} {
		if ef <= 64 {
			cs = append(cs, Config{Ef: ef, Depth: ef})
		}
		cs = append(cs, Config{Ef: ef, Codes: ef, Depth: 12})
		if ef > 64 {
			cs = append(cs, Config{Ef: ef, Codes: 64, Depth: 12})
		}
	}
	for _, k := range []int{32, 48, 64, 96, 128, 192} {
		for _, gamma := range []float32{0.03, 0.06, 0.1, 0.15} {
			cs = append(cs, Config{Ef: 384, Codes: k, Depth: 12, Gamma: gamma})
		}
	}
	return cs
}

// Run implements Engine: each query from its float vector to its ten results.
func (f *Frony) Run(_ context.Context, n int, cs []Config) ([]Run, error) {
	var runs []Run
	for _, c := range cs {
		runs = append(runs, f.run(n, c))
	}
	return runs, nil
}

func (f *Frony) run(n int, c Config) Run {
	s := f.set
	r := Run{Config: c, Top: make([]uint32, 0, 10*n), Each: make([]time.Duration, n)}
	rr := &reranker{set: s}
	head, tail := make([]byte, f.coder.HeadSize()), make([]byte, f.coder.TailSize())
	var hits []hnsw.Hit
	var ids, keys []uint32
	r.Time = timed(func() {
		for q := range n {
			t := time.Now()
			query := s.Query[q*s.Dims : (q+1)*s.Dims]
			f.coder.Encode(head, tail, query)
			hits = f.graph.Search(hits[:0], head, hnsw.Search{K: max(c.Depth, c.Codes), Ef: c.Ef, Gamma: c.Gamma})
			ids = ids[:0]
			for _, h := range hits {
				ids = append(ids, h.ID)
			}
			if c.Codes > 0 {
				ids, keys = f.narrow(head, tail, ids, keys, c.Depth)
			}
			r.Top = rr.top10(r.Top, q, ids)
			r.Each[q] = time.Since(t)
		}
	})
	return r
}

// narrow keeps the depth ids that are nearest by the codes of all dimensions.
func (f *Frony) narrow(head, tail []byte, ids, keys []uint32, depth int) (best, room []uint32) {
	keys = slices.Grow(keys[:0], len(ids))[:len(ids)]
	f.codes.Distances(head, tail, ids, keys)
	n := 0
	for i, k := range keys {
		id := ids[i]
		if n == depth && k >= keys[depth-1] {
			continue
		}
		j := min(n, depth-1)
		for ; j > 0 && keys[j-1] > k; j-- {
			keys[j], ids[j] = keys[j-1], ids[j-1]
		}
		keys[j], ids[j] = k, id
		n = min(n+1, depth)
	}
	return ids[:n], keys
}
