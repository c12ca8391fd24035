// Package fusion merges ranked lists: that of the vector search, whose scores are
// cosines, and that of the lexical search, whose BM25 scores have no upper limit.
// The two scales cannot be compared. There are two solutions.
//
// Reciprocal uses ranks alone. It needs no tuning, and is hard to beat when
// nothing is known about the retrievers. But it trusts a retriever that has found
// nothing useful as much as one that has found the answer word for word.
//
// The other is to use the scores, mapped to [0, 1] so that they still express
// certainty. This is what Scale does.
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

// Order compares hits: best first, equal scores by node.
func (h Hit) Order(o Hit) int {
	if h.Score != o.Score {
		return cmp.Compare(o.Score, h.Score)
	}
	return cmp.Compare(h.Node, o.Node)
}

// A List is the result of one retriever, best first, each node once.
type List struct {
	Hits []Hit

	// Weight is the weight of the retriever relative to the others. With weight 0
	// it contributes documents but does not rank them.
	Weight float64
}

// A Scale maps scores linearly to [0, 1]: Low and below to 0, High and above to 1.
// Its ends do not depend on the hits, so that a poor result stays poor: for BM25
// they are 0 and the score of a document that contains the whole query; for
// cosines, the cosine of unrelated texts with this model and 1.
type Scale struct {
	Low, High float32
}

// Apply maps a score. If the ends are equal, scores from there on map to 1.
func (s Scale) Apply(score float32) float64 {
	if s.High <= s.Low {
		if score >= s.High {
			return 1
		}
		return 0
	}
	return min(1, max(0, float64(score-s.Low)/float64(s.High-s.Low)))
}

// DefaultRank is the constant from the paper on reciprocal rank fusion. With it
// rank 1 counts about twice as much as rank 60.
const DefaultRank = 60

// Reciprocal appends to dst all documents of the lists, best first, by the sum of
// weight / (rank + r) over the lists that contain them. Ranks start at 1, and r is
// DefaultRank if 0. Equal scores are ordered by node.
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
