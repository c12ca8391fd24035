package index

import (
	"context"
	mathbits "math/bits"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/internal/topk"
	"github.com/fronyai/frony-db/quant"
)

const (
	sketchBlock  = quant.SketchRows // nodes of a block of sketches, and of a word of bits
	sketchBatch  = 16               // blocks that are compared at once: their scores stay in the cache
	sketchShare  = 256              // blocks that are worth waking a core for
	sketchChecks = 64               // batches between looks at the context
	sketchSample = 64               // blocks, of one in eight at most, that tell where the nearest begin
)

// sketchWorkers is how many cores share a scan of the sketches of so many nodes.
func sketchWorkers(rows, cores int) int {
	return max(1, min(cores, rows/(sketchShare*sketchBlock)))
}

// sketches compares the sketches of all nodes that may be returned, the codes of all
// dimensions of want of them, and the full vectors of the best.
//
// Who is visible is a look into memory that is in no cache, and nearly all are. So it is
// asked of those alone that the codes leave, with some room for the others, and of all
// only if too few of these remain.
func (s *search) sketches(ctx context.Context, k, want int) ([]scored, error) {
	start := time.Now()
	n := want + want/8 + 8
	nodes, err := s.nearest(ctx, n)
	s.trace.Graph += time.Since(start)
	if err != nil {
		return nil, err
	}
	code, most := s.code(), s.refined(k)
	if more := most + most/16 + 4; len(nodes) > more && s.x.codes.whole() && !s.rough {
		start = time.Now()
		left := s.visible(s.x.codes.nearest(code, more, slices.Values(nodes)))
		s.trace.Rerank += time.Since(start)
		if len(left) >= most {
			return s.first(code, left, k)
		}
	}
	start = time.Now()
	for found := len(nodes); ; found = len(nodes) {
		if nodes = s.visible(nodes); len(nodes) >= want || found < n {
			break
		}
		n *= 4
		if nodes, err = s.nearest(ctx, n); err != nil {
			return nil, err
		}
	}
	s.trace.Graph += time.Since(start)
	return s.first(code, nodes, k)
}

// first is the first k of nodes.
func (s *search) first(code code, nodes []uint32, k int) ([]scored, error) {
	top, err := s.rerank(code, nodes, k)
	return s.cut(top, k), err
}

// visible leaves those of nodes that the search sees, whatever the filter.
func (s *search) visible(nodes []uint32) []uint32 {
	return slices.DeleteFunc(nodes, func(node uint32) bool { return !s.Reader.sees(node) })
}

// nearest finds the want nodes that are nearest by their sketches, visible or not.
func (s *search) nearest(ctx context.Context, want int) ([]uint32, error) {
	if s.together != nil {
		if nodes, ok, err := s.together.nearest(ctx, s, s.number, want); ok {
			return nodes, err
		}
	}
	q := s.x.codes.queries.Get().(*quant.SketchQuery)
	defer s.x.codes.queries.Put(q)
	table := s.x.codes.sketches.Load()
	table.Reset(q, s.q.Vector)
	blocks := table.Blocks()
	if s.allowed != nil {
		blocks = min(blocks, len(s.allowed))
	}
	floor := s.sampled(ctx, table, q, blocks, want)
	nodes := s.above(ctx, table, q, blocks, want, floor)
	if len(nodes) < want && floor > 0 { // a sample can err
		nodes = s.above(ctx, table, q, blocks, want, 0)
	}
	return nodes, ctx.Err()
}

// sampled is a key that some more than want nodes are likely to be above, as a part of
// the blocks lets expect, or 0 if there are few: who knows it at once need not keep
// thousands for a while.
func (s *search) sampled(ctx context.Context, table *quant.Sketches, q *quant.SketchQuery, blocks, want int) uint64 {
	parts := min(blocks/8, sketchSample)
	if parts == 0 || s.allowed != nil {
		return 0
	}
	rank := want*parts/blocks*3/2 + 12
	if rank > parts*sketchBlock/8 {
		return 0
	}
	sample := topk.Best{Want: rank}
	for i := range parts {
		at := blocks / parts * i
		s.sketchedPart(ctx, table, q, &sample, at, at+1)
	}
	return sample.Least()
}

// above finds the want nodes that are nearest by their sketches, of those above a key.
func (s *search) above(ctx context.Context, table *quant.Sketches, q *quant.SketchQuery, blocks, want int, floor uint64) []uint32 {
	workers := sketchWorkers(table.Len(), s.spare)
	parts := make([]topk.Best, workers)
	var beside sync.WaitGroup
	run := func(w int) {
		parts[w] = topk.Best{Want: want, Floor: floor}
		s.sketchedPart(ctx, table, q, &parts[w], blocks*w/workers, blocks*(w+1)/workers)
	}
	for w := 1; w < workers; w++ {
		beside.Go(func() { run(w) })
	}
	run(0)
	beside.Wait()
	parts[0].Merge(parts[1:]...)
	return parts[0].Nodes()
}

// sketchedPart compares the blocks from first to before end.
func (s *search) sketchedPart(ctx context.Context, table *quant.Sketches, q *quant.SketchQuery, near *topk.Best, first, end int) {
	var scores [sketchBatch * sketchBlock]float32
	var over [sketchBatch]uint64
	batches := 0
	for block := first; block < end; {
		n := min(sketchBatch, end-block)
		if s.allowed != nil {
			if block, n = s.run(block, end, n); n == 0 {
				return
			}
		}
		if batches++; batches%sketchChecks == 0 && ctx.Err() != nil {
			return
		}
		table.Scan(q, block, n, topk.KeyScore(near.Floor), scores[:], over[:])
		for i, w := range over[:n] {
			if s.allowed != nil {
				w &= s.allowed[block+i]
			}
			for ; w != 0; w &= w - 1 {
				r := mathbits.TrailingZeros64(w)
				node := uint32((block+i)*sketchBlock + r)
				near.Add(topk.ScoreKey(node, scores[i*sketchBlock+r]))
			}
		}
		block += n
	}
}

// run is the next run of at most n blocks with allowed nodes, from block on.
func (s *search) run(block, end, n int) (first, count int) {
	for block < end && s.allowed[block] == 0 {
		block++
	}
	for count < min(n, end-block) && s.allowed[block+count] != 0 {
		count++
	}
	return block, count
}
