package index

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fronyai/frony-db/hnsw"
)

// Up to exactBelow documents, comparing all of their full vectors is as fast as
// walking the graph, and right. Up to scanBelow, comparing the codes of all
// dimensions is, and nearly so.
const (
	exactBelow = 500
	scanBelow  = 5000
)

// dense finds the k nodes of the highest cosine, among want candidates if it asks
// the graph.
func (s *search) dense(ctx context.Context, k, want int) ([]scored, error) {
	want = max(want, k)
	detached := s.x.detachedNodes() // before the graph is asked: see relinkNodes
	live := s.x.graph.Len() + len(detached)
	if s.allowed != nil {
		live = min(live, s.allowed.count())
	}
	switch {
	case s.q.Exact:
		s.trace.Plan = PlanExact
		return s.exact(ctx, k)
	case live <= max(want, exactBelow): // all of them would be reranked anyway
		s.trace.Plan = PlanExactMatches
		return s.exact(ctx, k)
	case (live <= scanBelow || s.q.Recall == 1) && s.x.codes.tails != nil:
		s.trace.Plan = PlanScan
		return s.scan(ctx, k)
	}
	s.trace.Plan = PlanGraph
	return s.walk(ctx, k, want, live, detached)
}

// walk asks the graph for want of the live nodes.
func (s *search) walk(ctx context.Context, k, want, live int, detached []uint32) ([]scored, error) {
	code := s.code()
	allow := s.allowed.bitset() // only the graph wants it so
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		hits := s.x.graph.Search(make([]hnsw.Hit, 0, want), code.head, hnsw.Search{K: want, Ef: s.beam(want), Allow: allow})
		hits = s.join(hits, code, detached, want)
		s.trace.Graph += time.Since(start)
		top, err := s.rerank(code, hits, k)
		if err != nil || len(top) >= k || want >= live {
			return top[:min(len(top), k)], err
		}
		// Recently deleted documents took the places of others.
		want = min(2*want, live)
	}
}

// code encodes the query's vector.
func (s *search) code() code {
	c := s.x.codes.blank()
	s.x.codes.encode(c, s.q.Vector)
	return c
}

// join adds the nearest n of the nodes that are detached from the graph.
func (s *search) join(hits []hnsw.Hit, code code, detached []uint32, n int) []hnsw.Hit {
	if len(detached) == 0 {
		return hits
	}
	in := make(map[uint32]bool, len(hits)) // a node may be in the graph again
	for _, h := range hits {
		in[h.ID] = true
	}
	nodes := make([]uint32, 0, len(detached))
	for _, node := range detached {
		if !in[node] && s.sees(node) {
			nodes = append(nodes, node)
		}
	}
	keys := make([]uint32, len(nodes))
	s.x.codes.heads.Distances(code.head, nodes, keys)
	more := make([]hnsw.Hit, len(nodes))
	for i, node := range nodes {
		more[i] = hnsw.Hit{ID: node, Distance: keys[i]}
	}
	sortHits(more)
	return append(hits, more[:min(n, len(more))]...)
}

// beam is the beam width for n candidates: the query's, or the collection's, or
// else n. A beam of n misses so few of the best that only a higher recall needs
// more.
func (s *search) beam(n int) int {
	switch ef := cmp.Or(s.q.EfSearch, s.x.set.EfSearch); {
	case ef > 0:
		return max(ef, n)
	case s.q.Recall > 0.995:
		return 2 * n
	}
	return n
}

// scan compares the codes of all dimensions of every node that may be returned,
// and the full vectors of the best.
func (s *search) scan(ctx context.Context, k int) ([]scored, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	code := s.code()
	best := s.x.codes.nearest(code, refined(k), func(yield func(uint32) bool) {
		for node := range s.x.bound() {
			if s.sees(node) && !yield(node) {
				return
			}
		}
	})
	s.trace.Graph += time.Since(start)
	top, err := s.rerank(code, best, k)
	return top[:min(len(top), k)], err
}

// rerank scores candidates by their full vectors: those that the codes of all
// dimensions leave, or all if there are no such codes.
func (s *search) rerank(code code, hits []hnsw.Hit, k int) ([]scored, error) {
	start := time.Now()
	defer func() { s.trace.Rerank += time.Since(start) }()
	hits = slices.DeleteFunc(hits, func(h hnsw.Hit) bool { return !s.sees(h.ID) })
	if n := refined(k); s.x.codes.tails != nil && len(hits) > n {
		hits = s.x.codes.nearest(code, n, func(yield func(uint32) bool) {
			for _, h := range hits {
				if !yield(h.ID) {
					return
				}
			}
		})
	}
	top := make([]scored, 0, len(hits))
	for _, h := range hits {
		cosine, ok, err := s.x.cosine(s.view, s.q.Vector, h.ID)
		if err != nil {
			return nil, err
		}
		if ok {
			top = append(top, byCosine(h.ID, cosine))
		}
	}
	s.trace.Candidates += len(top)
	slices.SortFunc(top, scored.order)
	return top, nil
}
