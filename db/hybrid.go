package db

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/fronyai/frony-db/db/internal/fusion"
	"github.com/fronyai/frony-db/db/internal/lexical"
)

// legs is how many candidates each leg of a hybrid search brings at least: a
// document that is twentieth by both scores can be the best by their sum.
const legs = 100

// besideFrom is the number of documents from which on the words are searched
// beside the graph, if a core is free: with fewer, waking it takes as long.
const besideFrom = 20_000

// words finds the k nodes of the highest BM25.
func (s *searching) words(k int) []scored {
	lap := time.Now()
	q := lexical.Query{Text: s.q.Text, K: k, Sees: s.sees, Cores: s.spare}
	if s.allowed != nil {
		q.Allow = s.allowed.has
	}
	hits := s.c.words.Search(make([]lexical.Hit, 0, k), q)
	s.trace.Words += time.Since(lap)
	top := make([]scored, len(hits))
	for i, h := range hits {
		top[i] = scored{node: h.Node, score: h.Score, bm25: h.Score}
	}
	return top
}

// hybrid finds candidates for k results by meaning and by words, and gives each
// of them both scores.
func (s *searching) hybrid(ctx context.Context, k int) ([]scored, error) {
	want := s.c.candidates(s.q, k)
	k = max(legs, 2*k)
	var found []scored
	walk := func() { found = s.words(k) }
	if s.spare > 1 && s.c.words.Len() >= besideFrom {
		var leg sync.WaitGroup
		leg.Go(walk)
		walk = leg.Wait
	}
	all, err := s.dense(ctx, k, want)
	walk()
	if err != nil {
		return nil, err
	}
	seen := make(map[uint32]int, 2*k) // node → place in all
	for i, d := range all {
		seen[d.node] = i
	}
	missing := make([]uint32, len(all)) // what only meaning has found has words too
	for i, d := range all {
		missing[i] = d.node
	}
	for _, w := range found {
		if i, ok := seen[w.node]; ok {
			all[i].bm25 = w.bm25
			continue
		}
		seen[w.node] = len(all)
		all = append(all, w)
	}
	lap := time.Now()
	for i, score := range s.c.words.Scores(nil, s.q.Text, missing) {
		all[i].bm25 = score
	}
	s.trace.Words += time.Since(lap)
	lap = time.Now()
	for i := len(missing); i < len(all); i++ {
		cosine, ok, err := s.c.cosine(s.view, s.vec, all[i].node)
		if err != nil {
			return nil, err
		}
		if ok {
			all[i].cosine = cosine
			s.trace.Candidates++
		}
	}
	s.trace.Rerank += time.Since(lap)
	return all, nil
}

// fuse puts candidates into the order of both scores.
func (s *searching) fuse(all []scored) {
	dense := fusion.List{Weight: defaultDenseWeight, Scale: fusion.Scale{Low: lowest(all), High: 1}, Hits: make([]fusion.Hit, len(all))}
	if s.q.DenseWeight != 0 {
		dense.Weight = float64(s.q.DenseWeight)
	}
	ceiling := s.c.words.Ceiling(s.q.Text)
	words := fusion.List{Weight: 1 - dense.Weight, Scale: fusion.Scale{Low: wordsNoise * ceiling, High: ceiling}}
	seen := make(map[uint32]*scored, len(all))
	for i := range all {
		a := &all[i]
		seen[a.node] = a
		dense.Hits[i] = fusion.Hit{Node: a.node, Score: a.cosine}
		if a.bm25 > 0 {
			words.Hits = append(words.Hits, fusion.Hit{Node: a.node, Score: a.bm25})
		}
	}
	var fused []fusion.Hit
	if s.q.Fusion == Reciprocal {
		best := func(a, b fusion.Hit) int {
			return scored{node: a.Node, score: a.Score}.order(scored{node: b.Node, score: b.Score})
		}
		slices.SortFunc(dense.Hits, best)
		slices.SortFunc(words.Hits, best)
		fused = fusion.Reciprocal(nil, 0, dense, words)
	} else {
		fused = fusion.Weighted(nil, dense, words)
	}
	for _, f := range fused {
		seen[f.Node].score = f.Score
	}
	slices.SortFunc(all, scored.order)
}

// lowest is the smallest cosine of the candidates: about what unrelated texts
// have with the model at hand, which for some is 0.1 and for others 0.8. Of few
// candidates none need be unrelated: the fewer they are, the nearer to 0 it is
// taken, so that the only document of a collection has a score.
func lowest(all []scored) float32 {
	low := float32(0.99)
	for _, a := range all {
		low = min(low, a.cosine)
	}
	if n := len(all); n < legs && low > 0 {
		low *= float32(n) / legs
	}
	return low
}

// Chosen by measurement: see docs/decisions/0062-fusion.md.
const (
	// defaultDenseWeight is what meaning counts; words count the rest, of a
	// score that few documents reach.
	defaultDenseWeight = 0.3
	// wordsNoise is the part of a question that any document may share with it
	// by chance: a number, a name. Across languages there is nothing else.
	wordsNoise = 0.05
)
