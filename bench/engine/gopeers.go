package engine

import (
	"context"
	"fmt"
	"math/rand" //nolint:depguard // the peer requires this type
	"runtime"
	"strconv"

	coder "github.com/coder/hnsw"
	"github.com/philippgille/chromem-go"

	"github.com/fronyai/frony-db/bench/dataset"
)

// heapGrowth returns how much f grows the heap.
func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// Coder is github.com/coder/hnsw, a graph of floats in Go.
type Coder struct {
	set   *dataset.Set
	graph *coder.Graph[uint32]
}

// Name implements Engine.
func (c *Coder) Name() string { return "coder/hnsw" }

// Close implements Engine.
func (c *Coder) Close() error { return nil }

// Build implements Engine.
func (c *Coder) Build(_ context.Context, s *dataset.Set, _ string) (b Build, err error) {
	c.set = s
	bytes := heapGrowth(func() {
		g := coder.NewGraph[uint32]()
		g.M, g.Ml, g.EfSearch, g.Distance = M, 1.0/M, EfConstruction, coder.CosineDistance
		g.Rng = rand.New(rand.NewSource(1))
		b.Time = timed(func() {
			for i := range s.Len() {
				v := s.BaseHead[i*s.HeadDims : (i+1)*s.HeadDims]
				g.Add(coder.MakeNode(uint32(i), v))
			}
		})
		c.graph = g
	})
	b.add("graph", bytes, s.Len())
	b.add("heads, float32", 4*int64(len(s.BaseHead)), s.Len()) // slices of ours
	return b, nil
}

// Sweep implements Engine. The graph hardly uses its ef; more candidates help.
func (c *Coder) Sweep() [][]Config {
	var stages [][]Config
	for _, ef := range []int{64, 256, 1024} {
		stages = append(stages, []Config{{Ef: ef, Depth: ef}})
	}
	return stages
}

// Run implements Engine.
func (c *Coder) Run(_ context.Context, first, n int, cs []Config) ([]Run, error) {
	return eachQuery(c.set, first, n, cs, func(cf Config, q int, ids []uint32) ([]uint32, error) {
		c.graph.EfSearch = cf.Ef
		for _, node := range c.graph.Search(c.set.QueryHead[q*c.set.HeadDims:(q+1)*c.set.HeadDims], cf.Depth) {
			ids = append(ids, node.Key)
		}
		return ids, nil
	})
}

// Chromem is github.com/philippgille/chromem-go, which compares every vector.
type Chromem struct {
	set        *dataset.Set
	collection *chromem.Collection
}

// Name implements Engine.
func (c *Chromem) Name() string { return "chromem-go" }

// Close implements Engine.
func (c *Chromem) Close() error { return nil }

// Build implements Engine.
func (c *Chromem) Build(ctx context.Context, s *dataset.Set, _ string) (b Build, err error) {
	c.set = s
	none := func(context.Context, string) ([]float32, error) { return nil, fmt.Errorf("has vectors") }
	bytes := heapGrowth(func() {
		c.collection, err = chromem.NewDB().CreateCollection("bench", nil, none)
		if err != nil {
			return
		}
		b.Time = timed(func() {
			for i := range s.Len() {
				v := s.BaseHead[i*s.HeadDims : (i+1)*s.HeadDims]
				err = c.collection.AddDocument(ctx, chromem.Document{ID: strconv.Itoa(i), Embedding: v})
				if err != nil {
					return
				}
			}
		})
	})
	b.add("documents", bytes, s.Len())
	b.add("heads, float32", 4*int64(len(s.BaseHead)), s.Len()) // slices of ours
	return b, err
}

// Sweep implements Engine.
func (c *Chromem) Sweep() [][]Config {
	var stages [][]Config
	for _, depth := range []int{64, 256, 1024} {
		stages = append(stages, []Config{{Depth: depth}})
	}
	return stages
}

// Run implements Engine.
func (c *Chromem) Run(ctx context.Context, first, n int, cs []Config) ([]Run, error) {
	return eachQuery(c.set, first, n, cs, func(cf Config, q int, ids []uint32) ([]uint32, error) {
		head := c.set.QueryHead[q*c.set.HeadDims : (q+1)*c.set.HeadDims]
		found, err := c.collection.QueryEmbedding(ctx, head, min(cf.Depth, c.set.Len()), nil, nil)
		for _, f := range found {
			id, _ := strconv.ParseUint(f.ID, 10, 32)
			ids = append(ids, uint32(id))
		}
		return ids, err
	})
}
