package index

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// exact compares the query with every node that it may return.
func (s *search) exact(ctx context.Context, k int) ([]scored, error) {
	start := time.Now()
	n := s.x.bound()
	workers := uint32(max(1, min(cmp.Or(s.cores, runtime.GOMAXPROCS(0)), int(n/4096))))
	parts := make([][]scored, workers)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { parts[w], errs[w] = s.exactPart(ctx, k, n/workers*w, s.end(n, w, workers)) })
	}
	wg.Wait()
	s.trace.Rerank += time.Since(start)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	top := slices.Concat(parts...)
	s.trace.Candidates += int(n)
	slices.SortFunc(top, scored.order)
	return top[:min(len(top), k)], nil
}

func (s *search) end(n, w, workers uint32) uint32 {
	if w == workers-1 {
		return n
	}
	return n / workers * (w + 1)
}

func (s *search) exactPart(ctx context.Context, k int, first, end uint32) ([]scored, error) {
	var view *store.View // only where rows are missing: a view is for one goroutine
	defer func() {
		if view != nil {
			view.Close()
		}
	}()
	var top []scored
	for node := first; node < end; node++ {
		if node%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		if node%64 == 0 && s.allowed.none(node/64) {
			node += 63
			continue
		}
		if !s.sees(node) {
			continue
		}
		var cosine float32
		if s.x.gathered != nil {
			cosine = clamp(quant.Dot(s.q.Vector, s.x.gathered[node]))
		} else if row, ok := s.x.rows.Get(node); ok {
			cosine = clamp(quant.DotBytes(s.q.Vector, row))
		} else {
			if view == nil {
				view = s.x.st.View(s.view.TS)
			}
			var err error
			if cosine, ok, err = s.x.cosine(view, s.q.Vector, node); err != nil {
				return nil, err
			} else if !ok {
				continue
			}
		}
		top = append(top, byCosine(node, cosine))
		// Keep the best k of up to 2k, which costs O(log k) per node.
		if len(top) >= 2*k+64 {
			slices.SortFunc(top, scored.order)
			top = top[:k]
		}
	}
	return top, nil
}
