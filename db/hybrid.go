package db

import (
	"context"
	"time"

	"github.com/fronyai/frony-db/db/internal/fusion"
	"github.com/fronyai/frony-db/db/internal/lexical"
)

// legs is how many candidates each leg of a hybrid search brings at least: a
// document that is tenth by both scores can be the best by their sum.
const legs = 100

// words finds the k nodes of the highest BM25.
func (s *searching) words(k int) []scored {
	lap := time.Now()
	hits := s.c.words.Search(make([]lexical.Hit, 0, k), s.q.Text, k, s.sees)
	s.trace.Words += time.Since(lap)
	top := make([]scored, len(hits))
	for i, h := range hits {
		top[i] = scored{node: h.Node, score: h.Score, bm25: h.Score}
	}
	return top
}

// hybrid finds candidates by meaning and by words, gives each both scores, and
// ranks them by the two together.
func (s *searching) hybrid(ctx context.Context) ([]scored, error) {
	k := max(legs, 2*s.q.K)
	dense, err := s.dense(ctx, k)
	if err != nil {
		return nil, err
	}
	words := s.words(k)
	lap := time.Now()
	defer func() { s.trace.Rerank += time.Since(lap) }()
	both := make(map[uint32]scored, len(dense)+len(words))
	for _, d := range dense {
		both[d.node] = d
	}
	// What only the words have found gets its cosine, exactly.
	buf := make([]float32, s.c.set.Dims)
	for _, w := range words {
		b, ok := both[w.node]
		if !ok {
			v, ok, err := s.c.vector(s.view, buf, w.node)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			b = byCosine(w.node, dot(s.vec, v))
			s.trace.Candidates++
		}
		b.bm25 = w.bm25
		both[w.node] = b
	}
	fused := s.fuse(both)
	top := make([]scored, min(len(fused), s.q.K))
	for i := range top {
		top[i] = both[fused[i].Node]
		top[i].score = fused[i].Score
	}
	return top, nil
}
