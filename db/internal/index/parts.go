package index

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/internal/fusion"
	"github.com/fronyai/frony-db/internal/parallel"
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
//
// All scores are by the scale of the whole question. So it is known beforehand which score
// a document needs, and most documents that only share words with a part need more of them
// than they have: see leastWords.
func (s *search) parts(ctx context.Context, k int, all []scored) ([]scored, error) {
	workers := s.spare
	if s.x.gathered != nil || s.x.lexical.Len() < besideFrom {
		workers = 1
	}
	return s.partsBy(ctx, k, all, workers)
}

// partsBy is parts for some workers.
func (s *search) partsBy(ctx context.Context, k int, all []scored, workers int) ([]scored, error) {
	parts := s.telling()
	needed := float32(0)
	if s.q.PerGroup == 0 && !s.q.Reciprocal { // by groups it takes more than k
		needed = s.bar([][]scored{all}, k)
	}
	found := make([][]scored, len(parts))
	traces := make([]Trace, len(parts))
	errs := make([]error, len(parts))
	workers = max(1, min(workers, len(parts)))
	t := s.scanTogether(parts)
	parallel.Run(workers, len(parts), func(worker int, items iter.Seq[int]) {
		one := *s
		one.part, one.together, one.spare, one.needed = true, t, max(1, s.spare/workers), needed
		if worker > 0 { // a view is for one goroutine
			r := *s.Reader
			r.view = s.x.st.View(s.view.TS)
			defer r.view.Close()
			one.Reader = &r
		}
		for i := range items {
			one.trace, one.number = &traces[i], i
			found[i], errs[i] = one.ask(ctx, k, parts[i])
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var b best
	b.add(all, false)
	known := len(all)
	for i := range found {
		b.add(found[i], false)
		s.trace.add(&traces[i])
	}
	all = b.all
	// A document's cosine and BM25 are those of the whole question.
	more := all[known:]
	if needed > 0 {
		more = slices.DeleteFunc(more, func(a scored) bool { return a.score < needed })
		all = all[:known+len(more)]
	}
	for i := range more {
		more[i].cosine, more[i].bm25 = 0, 0
	}
	s.addBM25(more)
	return all, s.compareAll(more)
}

// weighed is a part whose scores count by a weight, less than one for the whole question.
type weighed struct {
	*Part
	weight float32
}

// telling are the parts that tell something.
func (s *search) telling() []weighed {
	tell := make([]float64, len(s.q.Parts))
	most := 0.0
	for i, p := range s.q.Parts {
		tell[i] = float64(s.x.lexical.Tells(p.Text))
		most = max(most, tell[i])
	}
	var all []weighed
	for i := range s.q.Parts {
		if tell[i] == 0 {
			continue
		}
		w := weighed{&s.q.Parts[i], float32(math.Sqrt(tell[i]/most) / wholeBonus)}
		if asks(w.Text) {
			w.weight *= askBonus
		}
		all = append(all, w)
	}
	return all
}

// scanTogether prepares one scan for all parts, or none if they have the same vector.
func (s *search) scanTogether(parts []weighed) *together {
	t := &together{cores: s.spare}
	for _, p := range parts {
		if p.Vector == nil {
			return nil
		}
		t.vectors = append(t.vectors, p.Vector)
	}
	return t
}

// ask searches for one part.
func (s *search) ask(ctx context.Context, k int, p weighed) ([]scored, error) {
	part, q := *s, *s.q
	q.Text, q.Parts = p.Text, nil
	if p.Vector != nil {
		q.Vector = p.Vector
	}
	if part.q, part.apart, part.needed = &q, false, s.needed/p.weight; q.MinCosine != nil {
		q.MinCosine, k = nil, PerRetriever(k) // it is about the cosine to the whole question
	}
	found, err := part.both(ctx, k)
	if err != nil {
		return nil, err
	}
	if found, err = fuse([]*search{&part}, [][]scored{found}, k); err != nil {
		return nil, err
	}
	for i := range found {
		found[i].side = s.side
		found[i].score *= p.weight
		found[i].near *= p.weight
	}
	return found, nil
}

// leastWords is the BM25 below which no document has the score that a part needs, unless
// the dense retriever has found it: it is not nearer than the last of these. named are
// those that have names of the part.
func (s *search) leastWords(dense, named []scored, k int) float32 {
	if !s.part || s.needed == 0 || len(dense) < k {
		return 0
	}
	lift := 0.0
	for _, n := range named {
		lift = max(lift, float64(min(mostSound, soundWeight*n.score)))
	}
	last := dense[0]
	for _, all := range [][]scored{dense, s.rest} {
		for _, a := range all {
			if a.cosine < last.cosine {
				last = a
			}
		}
	}
	if last.about {
		last.cosine += s.codeError()
	}
	need := (float64(s.needed) - lift) / (1 - lift)
	near := fusion.Scale{Low: s.scale.low, High: 1}.Apply(last.cosine)
	words := (need - s.scale.weight*near) / max(1e-9, 1-s.scale.weight)
	if words <= s.scale.expect(near) {
		return 0
	}
	scale := s.wordScale()
	return (scale.Low + float32(words)*(scale.High-scale.Low)) * (1 - 1e-5)
}
