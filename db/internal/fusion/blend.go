package fusion

import (
	"cmp"
	"slices"
)

// Blend appends to dst the candidates of both legs, best first, by a weighted
// sum of two scores that every candidate has: its cosine and its BM25, 0 where
// it has no word of the query. The three slices are parallel.
//
// Cosines are scaled from the candidates' worst to their best, since what an
// unrelated text has differs from model to model; BM25 from 0 to the best. The
// weight of the words grows with their certainty: 0.6 plus the share of the
// ceiling (a score that no document can exceed, above 0) that the best
// candidate reaches, 0.9 at most, and 0 where no candidate has a word of the
// query. Scores are from 0 to 1; equal ones are ordered by node.
func Blend(dst []Hit, nodes []uint32, cosines, words []float32, ceiling float32) []Hit {
	if len(nodes) == 0 {
		return dst
	}
	vector := Scale{slices.Min(cosines), slices.Max(cosines)}
	lexical := Scale{0, slices.Max(words)}
	weight := LexicalWeight(lexical.High, ceiling)
	from := len(dst)
	for i, node := range nodes {
		score := (1 - weight) * vector.apply(cosines[i])
		if words[i] > 0 {
			score += weight * lexical.apply(words[i])
		}
		dst = append(dst, Hit{node, float32(score)})
	}
	slices.SortFunc(dst[from:], func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Node, b.Node))
	})
	return dst
}

// LexicalWeight is the share of the lexical leg in Blend, for the best BM25
// of the candidates and the ceiling of the query.
func LexicalWeight(best, ceiling float32) float64 {
	if best <= 0 || ceiling <= 0 {
		return 0
	}
	return min(0.9, 0.6+float64(best/ceiling))
}
