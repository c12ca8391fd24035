package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// Search returns the K documents nearest to the query, best first: fewer if
// the collection, the filter or MinScore leave fewer. It never returns a
// document that was deleted before it began, nor a part of a batch.
//
// The graph over the Matryoshka heads proposes Oversampling × K candidates,
// and their full vectors decide. With Exact, or where a filter leaves few
// documents, the full vectors of all are compared. A text is searched by its
// words as well, unless Mode says otherwise.
//
// It returns ErrInvalidQuery, ErrInvalidText, ErrInvalidEmbedding,
// ErrInvalidFilter, ErrNoEmbedder, ErrClosed, and what the embedder returns.
func (c *Collection) Search(ctx context.Context, q Query) ([]Match, error) {
	if err := c.enter(); err != nil {
		return nil, wrap("search", c.name, err)
	}
	defer c.leave()
	if err := c.checkQuery(&q); err != nil {
		return nil, wrap("search", c.name, err)
	}
	t := q.Trace
	if t == nil {
		t = new(Trace)
	}
	*t = Trace{}
	start := time.Now()
	if q.Mode == ModeDefault {
		if q.Mode = Hybrid; q.Text == "" {
			q.Mode = Dense
		}
	}
	t.Mode = q.Mode
	var vec []float32
	if q.Mode != Lexical {
		var err error
		if vec, err = c.queryVector(ctx, &q); err != nil {
			return nil, wrap("search", c.name, err)
		}
	}
	t.Embed = time.Since(start)
	m, err := c.search(ctx, &q, vec, t)
	t.Total = time.Since(start)
	return m, wrap("search", c.name, err)
}

func (c *Collection) queryVector(ctx context.Context, q *Query) ([]float32, error) {
	vec := slices.Clone(q.Embedding)
	if vec == nil {
		var err error
		if vec, err = c.embed().EmbedQuery(ctx, q.Text); err != nil {
			return nil, fmt.Errorf("embed query: %w", err)
		}
		if err := checkVector(vec, c.set.Dims); err != nil {
			return nil, fmt.Errorf("embed query: %w", err)
		}
	}
	quant.Normalize(vec)
	return vec, nil
}

// search is one search at one moment: the view, the mark and the grace period
// all begin before the first candidate is looked at.
func (c *Collection) search(ctx context.Context, q *Query, vec []float32, t *Trace) ([]Match, error) {
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	view, m := c.view()
	defer view.Close()
	q.K = max(1, min(q.K, int(c.bound()))) // there are no more, and room is made for K
	running := c.db.searches.Add(1)
	defer c.db.searches.Add(-1)
	s := &searching{
		c: c, q: q, vec: vec, view: view, seq: m.seq, now: time.Now().UnixMicro(), trace: t,
		spare: runtime.GOMAXPROCS(0) / int(running),
	}

	s.filter()
	top, err := s.rank(ctx)
	if err != nil {
		return nil, err
	}
	lap := time.Now()
	matches, err := s.load(ctx, top)
	t.Load = time.Since(lap)
	c.sample(q, vec, t.Plan)
	return matches, err
}

// exactBelow is the number of documents below which comparing all of their full
// vectors is as fast as walking the graph, and right. Up to scanBelow, comparing
// the codes of all dimensions is, and nearly so.
const (
	exactBelow = 500
	scanBelow  = 5000
)

// searching is the state of one search.
type searching struct {
	c       *Collection
	q       *Query
	vec     []float32
	view    *store.View
	seq     uint64
	now     int64 // microseconds, for what expires
	allowed bits  // nil: all
	trace   *Trace
	cores   int // that an exact comparison may use; 0 is all
	spare   int // cores for this search, of those that the others leave
}

// filter finds the nodes that the query's filter allows.
func (s *searching) filter() {
	if s.q.Filter.Kind() == filter.KindAll {
		return
	}
	lap := time.Now()
	s.allowed = s.c.attrs.Select(s.q.Filter, s.c.bound())
	s.trace.Filter = time.Since(lap)
}

// scored is a node with the score that orders it, and what that was made of.
type scored struct {
	node         uint32
	score        float32
	cosine, bm25 float32
}

// order is best first; equal scores by node, so that results are repeatable.
func (a scored) order(b scored) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	return cmp.Compare(a.node, b.node)
}

func (s *searching) sees(node uint32) bool {
	return (s.allowed == nil || s.allowed.has(node)) && s.c.nodes.visible(node, s.seq) && !s.c.expiry.passed(node, s.now)
}

// rank finds the best K nodes by the query's mode.
func (s *searching) rank(ctx context.Context) ([]scored, error) {
	if s.q.PerSource > 0 {
		return s.rankPerSource(ctx)
	}
	all, err := s.gather(ctx, s.q.K)
	if err != nil {
		return nil, err
	}
	s.order(all)
	return all[:min(len(all), s.q.K)], nil
}

// gather finds candidates that hold the best k: fewer than k if that is all
// there are.
func (s *searching) gather(ctx context.Context, k int) ([]scored, error) {
	switch s.q.Mode {
	case Lexical:
		s.trace.Plan = PlanLexical
		return s.words(k), ctx.Err()
	case Hybrid:
		return s.hybrid(ctx, k)
	default:
		return s.dense(ctx, k, s.c.candidates(s.q, k))
	}
}

// order puts candidates into the order of the query's mode.
func (s *searching) order(all []scored) {
	if s.q.Mode == Hybrid {
		lap := time.Now()
		s.fuse(all)
		s.trace.Rerank += time.Since(lap)
		return
	}
	slices.SortFunc(all, scored.order)
}

// dense finds the k nodes of the highest cosine among want candidates of the
// graph, if it asks the graph.
func (s *searching) dense(ctx context.Context, k, want int) ([]scored, error) {
	want = max(want, k)
	apart := s.c.apart() // before the graph is asked: see relinkNodes
	live := s.c.graph.Len() + len(apart)
	if s.allowed != nil {
		live = min(live, s.allowed.count())
	}
	switch {
	case s.q.Exact:
		s.trace.Plan = PlanExact
		return s.exact(ctx, k)
	case live <= max(want, exactBelow):
		// All of them would be reranked anyway.
		s.trace.Plan = PlanExactMatches
		return s.exact(ctx, k)
	case (live <= scanBelow || s.q.Recall == 1) && s.c.codes.tails != nil:
		s.trace.Plan = PlanScan
		return s.scan(ctx, k)
	}
	s.trace.Plan = PlanGraph
	code := s.c.codes.room()
	s.c.codes.encode(code, s.vec)
	allow := s.allowed.bitset() // only the graph wants it so
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lap := time.Now()
		hits := s.c.graph.Search(make([]hnsw.Hit, 0, want), code.head, hnsw.Search{K: want, Ef: s.beam(want), Allow: allow})
		hits = s.join(hits, code, apart, want)
		s.trace.Graph += time.Since(lap)
		lap = time.Now()
		top, err := s.rerank(code, hits, k)
		s.trace.Rerank += time.Since(lap)
		if err != nil || len(top) >= k || want >= live {
			return top[:min(len(top), k)], err
		}
		// Documents that have just been deleted took the places of others.
		want = min(2*want, live)
	}
}

// join adds the nearest n of the nodes that are not in the graph for now.
func (s *searching) join(hits []hnsw.Hit, code code, apart []uint32, n int) []hnsw.Hit {
	if len(apart) == 0 {
		return hits
	}
	in := make(map[uint32]bool, len(hits)) // it may be in the graph again
	for _, h := range hits {
		in[h.ID] = true
	}
	nodes := make([]uint32, 0, len(apart))
	for _, node := range apart {
		if !in[node] && s.sees(node) {
			nodes = append(nodes, node)
		}
	}
	keys := make([]uint32, len(nodes))
	s.c.codes.heads.Distances(code.head, nodes, keys)
	more := make([]hnsw.Hit, len(nodes))
	for i, node := range nodes {
		more[i] = hnsw.Hit{ID: node, Distance: keys[i]}
	}
	sortHits(more)
	return append(hits, more[:min(n, len(more))]...)
}

// beam is how wide the graph search is for n candidates: as the query or the
// collection says, or as wide as the candidates, which loses so few of the
// first among them that only a higher recall asks for more.
func (s *searching) beam(n int) int {
	switch ef := cmp.Or(s.q.EfSearch, s.c.set.EfSearch); {
	case ef > 0:
		return max(ef, n)
	case s.q.Recall > 0.995:
		return 2 * n
	}
	return n
}

// scan compares the codes of all dimensions of every node that may be returned,
// and the full vectors of the best.
func (s *searching) scan(ctx context.Context, k int) ([]scored, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	lap := time.Now()
	code := s.c.codes.room()
	s.c.codes.encode(code, s.vec)
	best := s.c.codes.nearest(code, refined(k), func(yield func(uint32) bool) {
		for node := range s.c.bound() {
			if s.sees(node) && !yield(node) {
				return
			}
		}
	})
	s.trace.Graph += time.Since(lap)
	lap = time.Now()
	top, err := s.rerank(code, best, k)
	s.trace.Rerank += time.Since(lap)
	return top[:min(len(top), k)], err
}

// rerank scores candidates by their full vectors: those that the codes of all
// dimensions leave, or all if there are none.
func (s *searching) rerank(code code, hits []hnsw.Hit, k int) ([]scored, error) {
	hits = slices.DeleteFunc(hits, func(h hnsw.Hit) bool { return !s.sees(h.ID) })
	if n := refined(k); s.c.codes.tails != nil && len(hits) > n {
		hits = s.c.codes.nearest(code, n, func(yield func(uint32) bool) {
			for _, h := range hits {
				if !yield(h.ID) {
					return
				}
			}
		})
	}
	top := make([]scored, 0, len(hits))
	for _, h := range hits {
		cosine, ok, err := s.c.cosine(s.view, s.vec, h.ID)
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

func byCosine(node uint32, cosine float32) scored {
	return scored{node: node, score: cosine, cosine: cosine}
}

// load reads the documents of the results.
func (s *searching) load(ctx context.Context, top []scored) ([]Match, error) {
	matches := make([]Match, 0, len(top))
	for _, t := range top {
		if s.q.MinScore != nil && t.score < *s.q.MinScore {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		doc, ok, err := s.c.document(s.view, t.node, s.q.Fields)
		switch {
		case errors.Is(err, store.ErrCorrupt):
			s.c.log.Error("a document that was found can't be read and is left out; run doctor", "node", t.node, "err", err)
		case err != nil:
			return nil, err
		}
		if ok {
			matches = append(matches, Match{Document: doc, Score: t.score, Cosine: t.cosine, BM25: t.bm25})
		}
	}
	return matches, nil
}
