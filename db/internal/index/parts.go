package index

import (
	"context"
	"math"
)

// Part is a part of a long question, searched by itself.
type Part struct {
	Text   string
	Vector []float32 // as of Query; nil: the whole question's
}

// wholeBonus is how much more a score for the whole question counts than one for a
// part of it.
const wholeBonus = 1.1

// parts searches for each part of the question, and gives each document the best of
// its scores for the whole, which all are, and for a part. A part that says little
// counts little: by the root of what its words tell, compared with the most telling
// part. See docs/decisions/0141-long-questions.md.
func (s *search) parts(ctx context.Context, k int, all []scored) ([]scored, error) {
	tell := make([]float64, len(s.q.Parts))
	most := 0.0
	for i, p := range s.q.Parts {
		tell[i] = float64(s.x.lexical.Ceiling(p.Text))
		most = max(most, tell[i])
	}
	place := make(map[uint32]int, 2*len(all))
	for i, a := range all {
		place[a.node] = i
	}
	known := len(all)
	for i, p := range s.q.Parts {
		if tell[i] == 0 {
			continue
		}
		part := *s
		q := *s.q
		q.Text, q.Parts = p.Text, nil
		if p.Vector != nil {
			q.Vector = p.Vector
		}
		part.q = &q
		found, err := part.hybrid(ctx, k)
		if err != nil {
			return nil, err
		}
		weight := float32(math.Sqrt(tell[i]/most) / wholeBonus)
		for _, f := range found {
			f.score *= weight
			f.near *= weight
			if at, ok := place[f.node]; !ok {
				place[f.node] = len(all)
				all = append(all, f)
			} else if all[at].score < f.score {
				all[at].score, all[at].near = f.score, f.near
			}
		}
	}
	// A document's cosine and BM25 are those of the whole question.
	more := all[known:]
	for i := range more {
		more[i].cosine, more[i].bm25 = 0, 0
	}
	s.addBM25(more)
	return all, s.addCosine(more)
}
