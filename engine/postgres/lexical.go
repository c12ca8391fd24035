package postgres

import (
	"cmp"
	"context"
	"slices"

	"github.com/fronyai/frony-db/db"
)

// A search by words looks at so many occurrences of terms at first, and at no more than
// the most: a question of many frequent words is answered by the rarer of them.
const (
	firstPostings = 4000
	mostPostings  = 200_000
	// scoredPerResult is how many documents are scored by all terms for each that is
	// asked for.
	scoredPerResult = 4
)

// lexical finds the numbers of the n documents of the highest BM25, and those that have
// a name of the question in another script.
//
// Documents are scored by the heaviest terms first, in SQL, and the best of them by all
// terms, here. What was left out cannot have more than the score of the last that was
// taken and the weights of the other terms. If the n best have more, they are right;
// otherwise the next heaviest terms are looked at, too.
func (s *search) lexical(ctx context.Context, text string, n int) ([]int64, error) {
	terms, flat, slope, sounds := s.asked.Words(text)
	slices.SortFunc(terms, func(a, b db.WeightedTerm) int { return cmp.Compare(b.Weight, a.Weight) })
	rest := 0.0
	for _, t := range terms {
		rest += t.Weight
	}
	var found []int64
	postings := 0
	for i, enough := 0, firstPostings; i < len(terms); enough *= 4 {
		for i < len(terms) && (postings < enough || i == 0) {
			postings += s.asked.Frequency(terms[i].Key)
			rest -= terms[i].Weight
			i++
		}
		some, least, err := s.best(ctx, terms[:i], flat, slope, scoredPerResult*n)
		if err != nil {
			return nil, err
		}
		var last float64
		if found, last, err = s.score(ctx, text, some, n); err != nil {
			return nil, err
		}
		if postings >= mostPostings || len(found) == n && last > (least+rest)*(1+1e-6) {
			break
		}
	}
	if len(sounds) == 0 || s.asked.SoundCandidates() == 0 {
		return found, nil
	}
	named, _, err := s.best(ctx, sounds, 0, 0, s.asked.SoundCandidates())
	return append(found, named...), err
}

// best finds the numbers of the n best documents by some terms, and the score of the
// last, or 0 if there are fewer.
func (s *search) best(ctx context.Context, terms []db.WeightedTerm, flat, slope float64, n int) (nos []int64, least float64, err error) {
	var a args
	keys, weights := make([]int64, len(terms)), make([]float64, len(terms))
	for i, t := range terms {
		keys[i], weights[i] = int64(t.Key), t.Weight
	}
	k := "(" + a.add(flat) + "::float8 + " + a.add(slope) + "::float8 * w.length)"
	// tf / (tf + k) is written so that it names tf once.
	sql := `SELECT no, sum(part) AS score FROM unnest(` + a.add(keys) + `::bigint[], ` + a.add(weights) + `::float8[]) q(key, weight)
		CROSS JOIN LATERAL (SELECT w.no, q.weight * (1 - ` + k + ` / (w.counts[array_position(w.terms, q.key)] + ` + k + `)) AS part
			FROM ` + s.t.words + ` w WHERE w.terms @> ARRAY[q.key]) p GROUP BY no`
	if s.filtered {
		sql = `SELECT no, score FROM (` + sql + `) found JOIN ` + s.t.docs + ` d USING (no) WHERE ` + s.meets(&a) + s.others(&a)
	}
	sql += ` ORDER BY score DESC, no LIMIT ` + a.add(n)
	// The planner does not know how rare a term is that it is given by the question.
	if _, err := s.tx.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
		return nil, 0, err
	}
	rows, err := s.tx.Query(ctx, sql, a...)
	if err != nil {
		return nil, 0, err
	}
	err = each(rows, func() error {
		var no int64
		err := rows.Scan(&no, &least)
		nos = append(nos, no)
		return err
	})
	if err == nil {
		_, err = s.tx.Exec(ctx, `SET LOCAL enable_seqscan = on`)
	}
	if len(nos) < n {
		least = 0
	}
	return nos, least, err
}

// score scores documents by all terms of a text, and returns the n best and the score of
// the last.
func (s *search) score(ctx context.Context, text string, nos []int64, n int) ([]int64, float64, error) {
	if err := s.read(ctx, nos); err != nil {
		return nil, 0, err
	}
	terms := make([][]uint64, len(nos))
	for i, no := range nos {
		terms[i] = s.terms[no]
	}
	scores := s.asked.Score(text, terms)
	order := make([]int, len(nos))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(nos[a], nos[b])) })
	best, last := make([]int64, 0, n), 0.0
	for _, i := range order[:min(n, len(order))] {
		best, last = append(best, nos[i]), float64(scores[i])
	}
	return best, last, nil
}

// read reads the terms of documents into s.terms.
func (s *search) read(ctx context.Context, nos []int64) error {
	missing := slices.DeleteFunc(slices.Clone(nos), func(no int64) bool { return s.terms[no] != nil })
	if len(missing) == 0 {
		return nil
	}
	rows, err := s.tx.Query(ctx, `SELECT no, terms, counts FROM `+s.t.words+` WHERE no = ANY($1)`, missing)
	if err != nil {
		return err
	}
	return each(rows, func() error {
		var no int64
		var w words
		err := rows.Scan(&no, &w.terms, &w.counts)
		s.terms[no] = w.keys()
		return err
	})
}
