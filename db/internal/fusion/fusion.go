// Package fusion makes one ranked list out of several: of the vector search,
// whose scores are cosines, and of the lexical search, whose scores are BM25
// and have no upper limit. The two scales cannot be compared, and there are
// two ways out.
//
// Reciprocal looks at ranks alone. It needs no tuning and is hard to beat
// when nothing is known of the legs, but it believes a leg that has found
// nothing of use as much as one that has found the answer word for word.
//
// The other is to look at the scores, brought to [0, 1] in a way that keeps what
// they say about certainty, which is what Scale is for.
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

// Order is best first; equal scores by node.
func (h Hit) Order(o Hit) int {
	if h.Score != o.Score {
		return cmp.Compare(o.Score, h.Score)
	}
	return cmp.Compare(h.Node, o.Node)
}

// A List is what one leg of a search has found, best first, each node once.
type List struct {
	Hits []Hit

	// Weight is what the leg counts relative to the others. A leg of weight 0
	// finds documents but does not rank them.
	Weight float64
}

// A Scale maps scores to [0, 1] in a straight line: Low and below to 0, High
// and above to 1. Its ends are fixed, so that an answer that is poor in all
// respects stays poor: for BM25 from 0 to the score of a document that has
// everything the query asks for, and for cosines from what unrelated texts have
// with this model to 1.
type Scale struct {
	Low, High float32
}

// Apply maps a score. Where the ends are the same, what reaches them is 1.
func (s Scale) Apply(score float32) float64 {
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
	sums := make(map[uint32]float64)
	for _, l := range lists {
		for i, h := range l.Hits {
			sums[h.Node] += l.Weight / (float64(i+1) + r)
		}
	}
	from := len(dst)
	for node, sum := range sums {
		dst = append(dst, Hit{node, float32(sum)})
	}
	slices.SortFunc(dst[from:], Hit.Order)
	return dst
}
