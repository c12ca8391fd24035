package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db"
)

// firstDocuments is how many documents the heaviest terms of a question may have
// together to be scored at first.
const firstDocuments = 1000

// lexical finds the numbers of the n documents of the highest BM25, and those that have
// a name of the question in another script.
//
// It is MaxScore by statements: documents with one of the heaviest terms are scored by
// all terms. A document with none of these cannot have more than the weights of the
// others add up to. If the last of the n best has more, they are right; otherwise the
// next heaviest terms are taken, too.
func (s *search) lexical(ctx context.Context, text string, n int) ([]int64, error) {
	terms, flat, slope, sounds := s.asked.Words(text)
	terms = s.known(terms)
	slices.SortFunc(terms, func(a, b db.WeightedTerm) int { return cmp.Compare(b.Weight, a.Weight) })
	rest := 0.0
	for _, t := range terms {
		rest += t.Weight
	}
	var found []int64
	documents, least := 0, 0.0 // least: the score of the last of n
	for i := 0; i < len(terms); {
		for i < len(terms) && (documents < firstDocuments || len(found) == n && rest >= least) {
			documents += s.asked.Frequency(terms[i].Key)
			rest -= terms[i].Weight
			i++
		}
		var err error
		if found, least, err = s.best(ctx, terms, i, flat, slope, n); err != nil {
			return nil, err
		}
		if len(found) == n && rest < least*(1-1e-6) {
			break
		}
		if len(found) < n {
			documents = min(documents, firstDocuments) / 4 // so that more terms are taken
		}
	}
	if len(sounds) == 0 || s.asked.SoundCandidates() == 0 {
		return found, nil
	}
	named, _, err := s.best(ctx, sounds, len(sounds), 0, 0, s.asked.SoundCandidates())
	return append(found, named...), err
}

// known are the terms that documents have.
func (s *search) known(terms []db.WeightedTerm) []db.WeightedTerm {
	return slices.DeleteFunc(terms, func(t db.WeightedTerm) bool { return s.asked.Frequency(t.Key) == 0 })
}

// best finds the numbers of the n best documents that have one of the first terms, and
// the score of the last.
func (s *search) best(ctx context.Context, terms []db.WeightedTerm, first int, flat, slope float64, n int) (nos []int64, least float64, err error) {
	var a args
	keys := make([]int64, first)
	for i := range keys {
		keys[i] = int64(terms[i].Key)
	}
	k := "(" + a.add(flat) + "::float8 + " + a.add(slope) + "::float8 * w.length)"
	sum := make([]string, len(terms))
	for i, t := range terms {
		// tf / (tf + k) names tf once. Without the term it is NULL.
		sum[i] = fmt.Sprintf("coalesce(%s::float8 * (1 - %s / (w.counts[array_position(w.terms, %s::bigint)] + %s)), 0)", a.add(t.Weight), k, a.add(int64(t.Key)), k)
	}
	sql := `SELECT w.no, ` + strings.Join(sum, " + ") + ` AS score FROM ` + s.t.words + ` w`
	if s.filtered {
		sql += ` JOIN ` + s.t.docs + ` d USING (no) WHERE ` + s.meets(&a) + s.others(&a) + ` AND`
	} else {
		sql += ` WHERE`
	}
	sql += ` w.terms && ` + a.add(keys) + `::bigint[] ORDER BY score DESC, no LIMIT ` + a.add(n)
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
	return nos, least, err
}
