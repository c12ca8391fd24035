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
	s.trace.Lexical += time.Since(lap)
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
	s.trace.Lexical += time.Since(lap)
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
	weight := defaultDenseWeight
	if s.q.DenseWeight != nil {
		weight = float64(*s.q.DenseWeight)
	}
	if s.q.Fusion == Reciprocal {
		s.fuseRanks(all, weight)
	} else {
		s.fuseScores(all, weight)
	}
	slices.SortFunc(all, scored.order)
}

// fuseScores adds the scores, each brought to [0, 1] and weighted.
func (s *searching) fuseScores(all []scored, weight float64) {
	ceiling := s.c.words.Ceiling(s.q.Text)
	dense := fusion.Scale{Low: lowest(all), High: 1}
	words := fusion.Scale{Low: wordsNoise * ceiling, High: ceiling}
	for i := range all {
		a := &all[i]
		score := weight * dense.Apply(a.cosine)
		if a.bm25 > 0 {
			score += (1 - weight) * words.Apply(a.bm25)
		}
		a.score = float32(score)
	}
}

// fuseRanks adds the reciprocal ranks.
func (s *searching) fuseRanks(all []scored, weight float64) {
	dense, words := fusion.List{Weight: weight}, fusion.List{Weight: 1 - weight}
	seen := make(map[uint32]*scored, len(all))
	for i := range all {
		a := &all[i]
		seen[a.node] = a
		dense.Hits = append(dense.Hits, fusion.Hit{Node: a.node, Score: a.cosine})
		if a.bm25 > 0 {
			words.Hits = append(words.Hits, fusion.Hit{Node: a.node, Score: a.bm25})
		}
	}
	slices.SortFunc(dense.Hits, fusion.Hit.Order)
	slices.SortFunc(words.Hits, fusion.Hit.Order)
	for _, f := range fusion.Reciprocal(nil, 0, dense, words) {
		seen[f.Node].score = f.Score
	}
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
