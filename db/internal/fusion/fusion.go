// Package fusion makes one ranked list out of several: of the vector search,
// whose scores are cosines, and of the lexical search, whose scores are BM25
// and have no upper limit. The two scales cannot be compared, and there are
// two ways out.
//
// Reciprocal looks at ranks alone. It needs no tuning and is hard to beat
// when nothing is known of the legs, but it believes a leg that has found
// nothing of use as much as one that has found the answer word for word.
//
// Weighted looks at scores, brought to [0, 1] in a way that keeps what they
// say about certainty: see Scale.
package fusion

import (
	"cmp"
	"slices"
)

// A Hit is a document in a ranked list.
type Hit struct {
	Node  uint32
	Score float32
}

// A List is what one leg of a search has found, best first, each node once.
type List struct {
	Hits []Hit

	// Weight is what the leg counts relative to the others. In Weighted and
	// Reciprocal alike a leg of weight 0 finds documents but does not rank
	// them.
	Weight float64

	// Scale brings the scores of the leg to [0, 1]; Reciprocal does not
	// look at it.
	Scale Scale
}

// A Scale maps scores to [0, 1] in a straight line: Low and below to 0, High
// and above to 1. The zero Scale is taken from the list itself.
//
// Three kinds are of use. MinMax, from the list, makes every leg's best hit
// as good as any other leg's best. Fixed ends keep an answer that is poor in
// all respects poor: for BM25 from 0 to the score of a document that has
// everything the query asks for, and for cosines from what unrelated texts
// have with this model to 1.
type Scale struct {
	Low, High float32
}

// MinMax is the scale of a list: its worst score to 0, its best to 1. Where
// all scores are the same, it maps them to 1.
func MinMax(hits []Hit) Scale {
	if len(hits) == 0 {
		return Scale{}
	}
	s := Scale{hits[0].Score, hits[0].Score}
	for _, h := range hits[1:] {
		s.Low, s.High = min(s.Low, h.Score), max(s.High, h.Score)
	}
	return s
}

func (s Scale) apply(score float32) float64 {
	if s.High <= s.Low {
		if score >= s.High {
			return 1
		}
		return 0
	}
	return min(1, max(0, float64(score-s.Low)/float64(s.High-s.Low)))
}

// DefaultRank is the constant of the paper on reciprocal rank fusion; it
// makes rank 1 count about twice as much as rank 60.
const DefaultRank = 60

// Reciprocal appends to dst all documents of the lists, best first, by the
// sum of weight / (rank + r) over the lists that have them, ranks counted
// from 1. With r 0 it takes DefaultRank. Equal scores are ordered by node.
//
// Source: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms
// Condorcet and individual rank learning methods", SIGIR 2009.
func Reciprocal(dst []Hit, r float64, lists ...List) []Hit {
	r = cmp.Or(r, DefaultRank)
	return fuse(dst, lists, func(l *List, i int) float64 { return 1 / (float64(i+1) + r) })
}

// Weighted appends to dst all documents of the lists, best first, by the sum
// of weight × scaled score over the lists that have them, divided by the sum
// of the weights: scores are from 0 to 1. A document that a list lacks gets 0
// from it. Equal scores are ordered by node.
func Weighted(dst []Hit, lists ...List) []Hit {
	scaled, total := slices.Clone(lists), 0.0
	for i := range scaled {
		if total += scaled[i].Weight; scaled[i].Scale == (Scale{}) {
			scaled[i].Scale = MinMax(scaled[i].Hits)
		}
	}
	if total == 0 {
		total = 1
	}
	return fuse(dst, scaled, func(l *List, i int) float64 {
		return l.Scale.apply(l.Hits[i].Score) / total
	})
}

// fuse sums up what worth gives to the hits of each list, times its weight.
func fuse(dst []Hit, lists []List, worth func(l *List, i int) float64) []Hit {
	n := 0
	for i := range lists {
		n += len(lists[i].Hits)
	}
	sums := make(map[uint32]float64, n)
	for i := range lists {
		l := &lists[i]
		for j := range l.Hits {
			sums[l.Hits[j].Node] += l.Weight * worth(l, j)
		}
	}
	from := len(dst)
	for node, sum := range sums {
		dst = append(dst, Hit{node, float32(sum)})
	}
	slices.SortFunc(dst[from:], func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Node, b.Node))
	})
	return dst
}
