package index

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fronyai/frony-db/hnsw"
)

// dense finds the k nodes of the highest cosine. The first promised of them keep the
// promise of the query's recall.
func (s *search) dense(ctx context.Context, k, promised int) ([]scored, error) {
	if s.x.gathered != nil {
		return s.exact(ctx, k)
	}
	return s.follow(ctx, k, s.way(k, promised))
}

// way is how a search finds candidates.
type way struct {
	effort
	live     int
	detached []uint32
}

// way chooses how to find the k nodes of the highest cosine.
func (s *search) way(k, promised int) way {
	detached := s.x.detachedNodes() // before the graph is asked: see relinkNodes
	live := s.x.members.count()
	if s.allowed != nil {
		live = min(live, s.allowed.count())
	}
	e := s.effort(k, promised, live)
	s.trace.Plan = e.plan
	if s.graphAsked() && !s.x.graph.whole.Load() {
		s.x.buildNow()
	}
	return way{e, live, detached}
}

// follow finds the k nodes of the highest cosine.
func (s *search) follow(ctx context.Context, k int, w way) ([]scored, error) {
	switch w.plan {
	case PlanScan:
		return s.scan(ctx, k)
	case PlanSketches:
		return s.sketches(ctx, k, w.candidates)
	case PlanGraph:
		return s.walk(ctx, k, w)
	case PlanExact, PlanExactMatches, PlanLexical:
	}
	return s.exact(ctx, k)
}

// walk asks the graph for nodes.
func (s *search) walk(ctx context.Context, k int, w way) ([]scored, error) {
	want := w.candidates
	code := s.code()
	allow := s.allowed.bitset() // only the graph wants it so
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		hits := s.x.graph.made.Load().Search(make([]hnsw.Hit, 0, want), code.head, hnsw.Search{K: want, Ef: s.beam(want), Allow: allow})
		hits = s.join(hits, code, w.detached, want)
		s.trace.Graph += time.Since(start)
		nodes := make([]uint32, 0, len(hits))
		for _, h := range hits {
			if s.sees(h.ID) {
				nodes = append(nodes, h.ID)
			}
		}
		top, err := s.rerank(code, nodes, k)
		if err != nil || len(top) >= k || want >= w.live {
			return s.cut(top, k), err
		}
		// Recently deleted documents took the places of others.
		want = min(2*want, w.live)
	}
}

// code encodes the query's vector.
func (s *search) code() code { return s.x.codes.query(s.q.Vector) }

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

// beam is the beam width for n candidates.
func (s *search) beam(n int) int {
	return max(n, cmp.Or(s.q.EfSearch, s.x.set.EfSearch))
}

// scan compares the codes of all dimensions of every node that may be returned,
// and the full vectors of the best.
func (s *search) scan(ctx context.Context, k int) ([]scored, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	best := s.scanned(s.code(), s.refined(k))
	s.trace.Graph += time.Since(start)
	start = time.Now()
	top, err := s.compare(best)
	s.trace.Rerank += time.Since(start)
	return s.cut(top, k), err
}

// scanned are the n nodes that are nearest by their codes, in no order.
func (s *search) scanned(code code, n int) []uint32 {
	return s.x.codes.nearest(code, n, func(yield func(uint32) bool) {
		for node := range s.x.bound() {
			if s.sees(node) && !yield(node) {
				return
			}
		}
	})
}

// rerank scores candidates that the search sees by their full vectors: those that the codes of all
// dimensions leave, or all if there are no such codes.
func (s *search) rerank(code code, nodes []uint32, k int) ([]scored, error) {
	start := time.Now()
	defer func() { s.trace.Rerank += time.Since(start) }()
	if n := s.refined(k); len(nodes) > n && s.x.codes.whole() && !s.rough {
		nodes = s.x.codes.nearest(code, n, slices.Values(nodes))
	}
	return s.compare(nodes)
}

// refined is how many candidates go beyond their codes for k results.
func (s *search) refined(k int) int {
	if s.rough {
		return k
	}
	return s.refines(k)
}

// refines is how many candidates by codes of all dimensions are compared by their full
// vectors for k results. Bytes tell nearly as much as these; how much four bits tell
// depends on how closely the vectors lie.
func (s *search) refines(k int) int {
	least, cal := s.x.codes.refined(k), s.x.calibration.Load()
	switch {
	case s.x.codes.full == nil:
		return least
	case cal.Codes[0][0] == 0: // not measured
		return 2 * least
	}
	return max(least, cal.coded(k, cmp.Or(s.q.Recall, defaultRecall)))
}

// cut is the first k of candidates. Estimates are in no order, and all are kept.
func (s *search) cut(top []scored, k int) []scored {
	if s.rough {
		return top
	}
	return top[:min(len(top), k)]
}

// compare scores nodes by their full vectors, best first, or by their codes, in no order,
// if that will do.
func (s *search) compare(nodes []uint32) ([]scored, error) {
	top := make([]scored, 0, len(nodes))
	if s.rough {
		for _, node := range nodes {
			top = append(top, scored{node: node})
		}
		s.estimate(top)
		return top, nil
	}
	for _, node := range nodes {
		cosine, ok, err := s.x.cosine(s.view, s.q.Vector, node)
		if err != nil {
			return nil, err
		}
		if ok {
			top = append(top, byCosine(node, cosine))
		}
	}
	s.trace.Candidates += len(top)
	slices.SortFunc(top, scored.order)
	return top, nil
}
