package index

import (
	"context"
	"math"
	"strings"
)

// Part is a part of a long question, searched by itself.
type Part struct {
	Text   string
	Vector []float32 // as of Query; nil: the whole question's
}

// wholeBonus is how much more a score for the whole question counts than one for a
// part of it.
const wholeBonus = 1.1

// askBonus is how much more a part counts that ends with a question mark.
const askBonus = 1.1

// asks reports whether a text ends with a question mark.
func asks(text string) bool {
	text = strings.TrimRight(text, ` "')”’」』）`)
	return strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？")
}

// parts searches for each part of the question, and gives each document the best of
// its scores for the whole, which all are, and for a part. A part that says little
// counts little: by the root of what its words tell, compared with the most telling
// part. See docs/decisions/0141-long-questions.md.
func (s *search) parts(ctx context.Context, k int, all []scored) ([]scored, error) {
	tell := make([]float64, len(s.q.Parts))
	most := 0.0
	for i, p := range s.q.Parts {
		tell[i] = float64(s.x.lexical.Tells(p.Text))
		most = max(most, tell[i])
	}
	var b best
	b.add(all, false)
	known := len(all)
	for i, p := range s.q.Parts {
		if tell[i] == 0 {
			continue
		}
		part, q := *s, *s.q
		q.Text, q.Parts = p.Text, nil
		if p.Vector != nil {
			q.Vector = p.Vector
		}
		part.q, part.apart, part.scale, part.rest = &q, false, nil, nil
		found, err := part.hybrid(ctx, k)
		if err != nil {
			return nil, err
		}
		weight := float32(math.Sqrt(tell[i]/most) / wholeBonus)
		if asks(p.Text) {
			weight *= askBonus
		}
		for i := range found {
			found[i].side = s.side
			found[i].score *= weight
			found[i].near *= weight
		}
		b.add(found, false)
	}
	all = b.all
	// A document's cosine and BM25 are those of the whole question.
	more := all[known:]
	for i := range more {
		more[i].cosine, more[i].bm25 = 0, 0
	}
	s.addBM25(more)
	return all, s.compareAll(more)
}
