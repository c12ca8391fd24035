package db

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/internal/nfc"
)

// CheckName returns ErrInvalidName for what can be the name of no collection or alias.
func CheckName(name string) error { return checkName(name) }

// AskAll is Rules.Ask for a search of several collections, whose texts are embedded once.
// Its errors are those of SearchAll. An engine finds candidates for each, and ranks those
// of all with RankAll.
func AskAll(ctx context.Context, q Query, rules ...*Rules) ([]*Asked, error) {
	if err := q.checkSeveral(len(rules)); err != nil {
		return nil, err
	}
	q.plain, q.known = len(rules) > 1, map[string][]float32{}
	out := make([]*Asked, len(rules))
	for i, r := range rules {
		if err := sameScores(&opened{c: rules[0].c, v: rules[0].v}, &opened{c: r.c, v: r.v}); err != nil {
			return nil, err
		}
		if i == 0 {
			checked := q
			if err := r.c.checkQuery(&checked); err != nil {
				return nil, err
			}
			if err := r.v.embedTexts(ctx, &checked); err != nil {
				return nil, err
			}
		}
		a, err := r.Ask(ctx, q, nil)
		if err != nil {
			return nil, err
		}
		a.ask.Own = true
		out[i] = a
	}
	return out, nil
}

// RankedOf is the place of a candidate among the results of several collections.
type RankedOf struct {
	Ranked
	Of int // the number of its collection
}

// RankAll ranks the candidates of several collections as SearchAll does.
func RankAll(ctx context.Context, asked []*Asked, candidates [][]Candidate) ([]RankedOf, error) {
	sides := make([]index.GatheredSide, len(asked))
	for i, a := range asked {
		sides[i] = index.GatheredSide{Index: a.gather(candidates[i]), Query: a.ask}
	}
	var t index.Trace
	found, err := index.RankSides(ctx, sides, &t)
	if err != nil {
		return nil, err
	}
	out := make([]RankedOf, len(found))
	for i, f := range found {
		out[i] = RankedOf{Ranked{int(f.Node), f.Score, f.Cosine, f.BM25, f.Dense, f.Question}, f.Side}
	}
	first := &asked[0].Trace
	for _, c := range candidates {
		first.Candidates += len(c)
	}
	first.Rerank += t.Rerank + t.Lexical
	return out, nil
}

// SelectFrom is DB.Select from a list of collections.
func SelectFrom(collections iter.Seq2[CollectionInfo, error], pattern string, sees func(name string) bool) (names []string, err error) {
	if sees == nil {
		sees = func(string) bool { return true }
	}
	begin, many := strings.CutSuffix(pattern, "*")
	fits := func(name string) bool {
		if !sees(name) {
			return false
		}
		if !many {
			return nfc.Equal(name, pattern)
		}
		return strings.HasPrefix(nfc.Compose(name), nfc.Compose(begin)) && (begin != "" || !strings.HasPrefix(name, "_"))
	}
	for info, err := range collections {
		if err != nil {
			return nil, err
		}
		if sees(info.Name) && (fits(info.Name) || slices.ContainsFunc(info.Aliases, fits)) {
			names = append(names, info.Name)
		}
	}
	if names == nil {
		return nil, wrap("select collections", fmt.Sprintf("%q", pattern), ErrNoCollection)
	}
	return names, nil
}
