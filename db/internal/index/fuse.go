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

// scale is how the scores of candidates are brought to [0, 1].
type scale struct {
	low              float32 // cosine of unrelated texts
	expected, weight float64
}

// fuse gives the candidates of a hybrid search, found by each side, the score that both
// scores add up to, and returns the best k and some more, best first, with the cosines of
// their full vectors.
func fuse(sides []*search, found [][]scored, k int) ([]scored, error) {
	start, s := time.Now(), sides[0]
	defer func() { s.trace.Rerank += time.Since(start) }()
	if s.q.Reciprocal {
		all := slices.Concat(found...)
		fuseRanks(all, s.weight(), s.q.Unknown, ceilings(sides))
		order(all)
		return all, nil
	}
	if err := rescale(sides, found); err != nil {
		return nil, err
	}
	for i, s := range sides {
		s.score(found[i])
	}
	bar := s.bar(found, k)
	for i, s := range sides {
		more := s.promising(found[i], bar)
		for n := range more {
			more[n].side = uint32(i)
		}
		found[i] = append(found[i], more...)
	}
	return settle(sides, slices.Concat(found...), k)
}

// rescale makes the sides' scale, one for all. It is that of the candidates which are
// among the hundred best, or so, of a retriever, so that it does not depend on how many
// more there are. A search that goes on keeps the one that it began with.
func rescale(sides []*search, found [][]scored) error {
	var foreign []float32
	for i, s := range sides {
		s.bm25 = s.wordScale()
		foreign = append(foreign, s.addForeign(found[i])...)
	}
	if len(sides) == 1 && sides[0].scale != nil {
		return nil
	}
	one := &scale{low: 0.99, weight: sides[0].weight()}
	n := 0
	for i, s := range sides {
		if s.scale != nil { // it has its own results by groups
			one.low = min(one.low, s.scale.low)
			one.expected += s.scale.expected / float64(len(sides))
			continue
		}
		low, m, err := s.lowest(found[i])
		if err != nil {
			return err
		}
		one.low, n = min(one.low, low), n+m
	}
	if sides[0].scale == nil {
		// Few candidates may all be related: the fewer there are, the nearer it is to
		// 0, so that the only document of a collection has a score.
		if n < perRetriever && one.low > 0 {
			one.low *= float32(n) / perRetriever
		}
		one.expected = native(foreign) * min(1, one.weight/defaultDenseWeight)
	}
	for _, s := range sides {
		s.scale = one
	}
	return nil
}

// weight is the share of the dense score.
func (s *search) weight() float64 {
	if s.q.DenseWeight != nil {
		return float64(*s.q.DenseWeight)
	}
	return defaultDenseWeight
}

// score adds the scores of candidates, each scaled to [0, 1] and weighted.
func (s *search) score(all []scored) {
	for i := range all {
		s.add(&all[i])
	}
}

// wordScale is the scale of BM25.
func (s *search) wordScale() fusion.Scale {
	ceiling := s.x.lexical.Ceiling(s.q.Text)
	return fusion.Scale{Low: lexicalNoise * ceiling, High: ceiling}
}

// add is score of one candidate.
//
// A document in another script than the question's cannot share its words. That it
// has none of them says nothing, so it is given the lexical score that is expected of
// its cosine; as far as there are others, which are given theirs: expected.
func (s *search) add(a *scored) {
	dense, weight := fusion.Scale{Low: s.scale.low, High: 1}, s.scale.weight
	near := dense.Apply(a.cosine)
	words := s.scale.expect(near) * float64(a.foreign)
	if a.bm25 > 0 {
		words = max(words, s.bm25.Apply(a.bm25))
	}
	a.near = float32(weight * near)
	a.score = float32(weight*near + (1-weight)*words)
	a.score += (1 - a.score) * min(mostSound, soundWeight*a.sound)
}

// expect is the lexical score that a document in another script is given.
func (s *scale) expect(near float64) float64 {
	return s.expected * max(0, expectedSlope*near-expectedLoss)
}

// addForeign notes how foreign the script of each candidate is to the question's, and
// returns it for those of the scale.
func (s *search) addForeign(all []scored) (scale []float32) {
	for i, f := range s.x.lexical.Foreign(make([]float32, 0, len(all)), s.q.Text, nodesOf(all)) {
		if all[i].foreign = f; all[i].scaled {
			scale = append(scale, f)
		}
	}
	return scale
}

// lowest is the smallest cosine of the n candidates of the scale. It estimates the cosine
// of unrelated texts, which is 0.1 for some models and 0.8 for others.
func (s *search) lowest(all []scored) (low float32, n int, err error) {
	low = 0.99
	for _, a := range all {
		if a.scaled {
			low, n = min(low, a.cosine), n+1
		}
	}
	about := low + 2*s.codeError()
	low = 0.99
	for i := range all {
		if a := &all[i]; a.scaled && a.cosine <= about {
			if a.about {
				if err := s.exactly(a); err != nil {
					return 0, 0, err
				}
			}
			low = min(low, a.cosine)
		}
	}
	return low, n, nil
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
