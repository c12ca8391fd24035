package index

import (
	"cmp"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/fusion"
)

// Chosen by measurement: see docs/decisions/0062-fusion.md.
const (
	// defaultDenseWeight is the share of the dense score. The lexical score has
	// the rest: few documents reach much of it.
	defaultDenseWeight = 0.3
	// lexicalNoise is the part of a query that any document may share with it by
	// chance: a number, a name. Across languages they share nothing else.
	lexicalNoise = 0.05
	// A document whose scaled cosine is c has, where it can have any, a lexical score
	// of about expectedSlope × c - expectedLoss: docs/decisions/0140-other-scripts.md.
	expectedSlope = 0.6
	expectedLoss  = 0.075
)

// fuse gives candidates the score that both scores add up to.
func (s *search) fuse(all []scored) {
	start := time.Now()
	defer func() { s.trace.Rerank += time.Since(start) }()
	if s.q.Reciprocal {
		fuseRanks(all, s.weight(), s.q.Unknown, []float32{1})
		return
	}
	foreign := s.foreign(all)
	if s.whole != nil {
		s.fuseScores(all, foreign, s.whole.low, s.whole.expected, s.weight())
		return
	}
	s.fuseScores(all, foreign, lowest(all), native(foreign), s.weight())
}

// weight is the share of the dense score.
func (s *search) weight() float64 {
	if s.q.DenseWeight != nil {
		return float64(*s.q.DenseWeight)
	}
	return defaultDenseWeight
}

// fuseScores adds the scores, each scaled to [0, 1] and weighted.
//
// A document in another script than the question's cannot share its words. That it
// has none of them says nothing, so it is given the lexical score that is expected of
// its cosine; as far as there are others, which are given theirs: expected.
func (s *search) fuseScores(all []scored, foreign []float32, low float32, expected, weight float64) {
	ceiling := s.x.lexical.Ceiling(s.q.Text)
	dense := fusion.Scale{Low: low, High: 1}
	lexical := fusion.Scale{Low: lexicalNoise * ceiling, High: ceiling}
	for i := range all {
		a := &all[i]
		near := dense.Apply(a.cosine)
		words := s.expect(expected, weight, near) * float64(foreign[i])
		if a.bm25 > 0 {
			words = max(words, lexical.Apply(a.bm25))
		}
		a.near = float32(weight * near)
		a.score = float32(weight*near + (1-weight)*words)
		a.score += (1 - a.score) * min(mostSound, soundWeight*a.sound)
	}
}

// expect is the lexical score that a document in another script is given.
func (s *search) expect(expected, weight, near float64) float64 {
	return expected * min(1, weight/defaultDenseWeight) * max(0, expectedSlope*near-expectedLoss)
}

// foreign is how foreign the script of each candidate is to the question's.
func (s *search) foreign(all []scored) []float32 {
	return s.x.lexical.Foreign(make([]float32, 0, len(all)), s.q.Text, nodesOf(all))
}

// native is, from 0 to 1, whether half of the candidates are not foreign.
func native(foreign []float32) float64 {
	var sum float64
	for _, f := range foreign {
		sum += float64(f)
	}
	return min(1, 2*(1-sum/float64(max(1, len(foreign)))))
}

// fuseRanks adds the reciprocal ranks. unknown says that no candidate has a dense score,
// and ceilings what the BM25 of each side is a share of.
func fuseRanks(all []scored, weight float64, unknown bool, ceilings []float32) {
	// Equal scores are ordered by node.
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.node, b.node)) })
	dense, lexical := fusion.List{Weight: weight}, fusion.List{Weight: 1 - weight}
	for i, a := range all {
		if !unknown {
			dense.Hits = append(dense.Hits, fusion.Hit{Node: uint32(i), Score: a.cosine})
		}
		if a.bm25 > 0 {
			lexical.Hits = append(lexical.Hits, fusion.Hit{Node: uint32(i), Score: a.bm25 / ceilings[a.side]})
		}
	}
	slices.SortFunc(dense.Hits, fusion.Hit.Order)
	slices.SortFunc(lexical.Hits, fusion.Hit.Order)
	for _, f := range fusion.Reciprocal(nil, 0, dense, lexical) {
		all[f.Node].score = f.Score
	}
	for _, f := range fusion.Reciprocal(nil, 0, dense) {
		all[f.Node].near = f.Score
	}
}

// lowest is the smallest cosine of the candidates. It estimates the cosine of
// unrelated texts, which is 0.1 for some models and 0.8 for others. Few candidates
// may all be related: the fewer there are, the nearer it is to 0, so that the only
// document of a collection has a score.
func lowest(all []scored) float32 {
	low := float32(0.99)
	for _, a := range all {
		low = min(low, a.cosine)
	}
	if n := len(all); n < perRetriever && low > 0 {
		low *= float32(n) / perRetriever
	}
	return low
}
