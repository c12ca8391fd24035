package index

import (
	"context"
	"iter"
	"sync"

	"github.com/fronyai/frony-db/internal/parallel"
	"github.com/fronyai/frony-db/internal/topk"
	"github.com/fronyai/frony-db/quant"
)

// togetherBlocks are the blocks of sketches that are compared with one question after the
// other: they stay in the second-level cache, where a scan for each question would wait
// for memory.
const togetherBlocks = 8 * sketchBatch

// together is a scan of the sketches for several questions, the parts of a long one. The
// first that needs it scans for all.
type together struct {
	vectors [][]float32
	cores   int

	once  sync.Once
	want  int
	nodes [][]uint32
	err   error
}

// nearest is search.nearest for the vector of a number. It reports false if the scan was
// for fewer nodes.
func (t *together) nearest(ctx context.Context, s *search, number, want int) ([]uint32, bool, error) {
	t.once.Do(func() {
		t.want = want
		t.nodes = s.nearestOf(ctx, t.vectors, want, t.cores, togetherBlocks)
		t.err = ctx.Err()
	})
	if t.err != nil || want != t.want {
		return nil, t.err != nil, t.err
	}
	return t.nodes[number], true, nil
}

// nearestOf is nearest for several vectors, so many blocks at a time.
func (s *search) nearestOf(ctx context.Context, vectors [][]float32, want, cores, atOnce int) [][]uint32 {
	table := s.x.codes.sketches.Load()
	blocks := table.Blocks()
	if s.allowed != nil {
		blocks = min(blocks, len(s.allowed))
	}
	queries := make([]*quant.SketchQuery, len(vectors))
	floors := make([]uint64, len(vectors))
	for i, v := range vectors {
		queries[i] = s.x.codes.queries.Get().(*quant.SketchQuery)
		defer s.x.codes.queries.Put(queries[i])
		table.Reset(queries[i], v)
		floors[i] = s.sampled(ctx, table, queries[i], blocks, want)
	}
	workers := sketchWorkers(table.Len(), cores)
	found := make([][]topk.Best, workers) // by worker and vector
	steps := (blocks + atOnce - 1) / atOnce
	parallel.Run(workers, steps, func(w int, items iter.Seq[int]) {
		found[w] = make([]topk.Best, len(vectors))
		for i := range vectors {
			found[w][i] = topk.Best{Want: want, Floor: floors[i]}
		}
		for step := range items {
			for i, q := range queries {
				first := step * atOnce
				s.sketchedPart(ctx, table, q, &found[w][i], first, min(first+atOnce, blocks))
			}
		}
	})
	nodes := make([][]uint32, len(vectors))
	for i := range vectors {
		best := topk.Best{Want: want}
		for w := range found {
			if found[w] != nil {
				best.Merge(found[w][i])
			}
		}
		nodes[i] = best.Nodes()
		if len(nodes[i]) < want && floors[i] > 0 { // a sample can err
			nodes[i] = s.above(ctx, table, queries[i], blocks, want, 0)
		}
	}
	return nodes
}
