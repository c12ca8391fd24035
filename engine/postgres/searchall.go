package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
)

// Select is db.DB.Select.
func (d *DB) Select(ctx context.Context, pattern string, sees func(name string) bool) ([]string, error) {
	return db.SelectFrom(d.Collections(ctx), pattern, sees)
}

// SearchAll is db.SearchAll. All collections are seen in one state of the database.
func (d *DB) SearchAll(ctx context.Context, q db.Query, collections ...engine.Collection) (matches []db.Match, err error) {
	var names []string
	list := make([]*Collection, len(collections))
	for i, c := range collections {
		list[i] = c.(*Collection) // as the interface demands
		names = append(names, fmt.Sprintf("%q", c.Name()))
	}
	err = d.read(ctx, func(tx pgx.Tx) error {
		j, err := newJoined(ctx, tx, q, list)
		if err == nil {
			matches, err = j.search(ctx)
		}
		return err
	})
	return matches, failed("search", strings.Join(names, ", "), err)
}

// joined is a search of several collections.
type joined struct {
	tx    pgx.Tx
	asked []*db.Asked
	sides []*search
}

func newJoined(ctx context.Context, tx pgx.Tx, q db.Query, list []*Collection) (*joined, error) {
	rules := make([]*db.Rules, len(list))
	for i, c := range list {
		rules[i] = c.Rules
	}
	j := &joined{tx: tx}
	var err error
	if j.asked, err = db.AskAll(ctx, q, rules...); err != nil {
		return nil, err
	}
	for i, c := range list {
		j.sides = append(j.sides, &search{Collection: c, tx: tx, asked: j.asked[i], terms: map[int64][]uint64{}})
	}
	if q.Trace == nil {
		return j, nil
	}
	warnings, err := j.warnings(ctx, &q)
	j.asked[0].Trace.Warnings = append(j.asked[0].Trace.Warnings, warnings...)
	return j, err
}

// warnings are those that hold in every collection: a field that some have is no mistake.
func (j *joined) warnings(ctx context.Context, q *db.Query) (common []string, err error) {
	first := true
	for _, s := range j.sides {
		if s.Restricted() {
			return nil, nil // a warning would tell of the others' fields
		}
		if s.empty(ctx, j.tx) {
			continue // it has no fields at all
		}
		own, err := s.warnings(ctx, j.tx, q.Filter, s.asked.GroupedBy()...)
		if err != nil {
			return nil, err
		}
		if first {
			common, first = own, false
			continue
		}
		common = slices.DeleteFunc(common, func(w string) bool { return !slices.Contains(own, w) })
	}
	return common, nil
}

func (j *joined) search(ctx context.Context) ([]db.Match, error) {
	if j.asked[0].Nothing {
		return nil, j.asked[0].Finish(ctx, nil)
	}
	for _, s := range j.sides {
		if err := s.begin(ctx); err != nil {
			return nil, err
		}
	}
	ranked, err := j.rank(ctx)
	if err != nil {
		return nil, err
	}
	return j.load(ctx, ranked)
}

// rank is search.rank for all.
func (j *joined) rank(ctx context.Context) (ranked []db.RankedOf, err error) {
	err = j.asked[0].Grow(func(k int) (int, bool, error) {
		all := true
		candidates := make([][]db.Candidate, len(j.sides))
		for i, s := range j.sides {
			these, err := s.retrieve(ctx, k)
			if err != nil {
				return 0, false, err
			}
			all = all && these
			if candidates[i], err = s.candidates(ctx); err != nil {
				return 0, false, err
			}
		}
		var err error
		ranked, err = db.RankAll(ctx, j.asked, candidates)
		return len(ranked), all, err
	})
	return ranked, err
}

// load reads the documents of the results, and adds what stands around them and excerpts.
func (j *joined) load(ctx context.Context, ranked []db.RankedOf) ([]db.Match, error) {
	out := make([]db.Match, len(ranked))
	for i, s := range slices.Backward(j.sides) { // the first has the trace of all
		var own []db.Ranked
		var at []int
		for n, r := range ranked {
			if r.Of == i {
				own, at = append(own, r.Ranked), append(at, n)
			}
		}
		matches, err := s.load(ctx, own)
		if err != nil {
			return nil, err
		}
		if len(matches) != len(own) {
			return nil, errors.New("a document is not there that has just been found") // one state of the database
		}
		if err := s.surround(ctx, matches); err != nil {
			return nil, err
		}
		if i > 0 {
			j.asked[0].Trace.Graph += j.asked[i].Trace.Graph
			j.asked[0].Trace.Lexical += j.asked[i].Trace.Lexical
			j.asked[0].Trace.Filter += j.asked[i].Trace.Filter
			j.asked[0].Trace.Embed += j.asked[i].Trace.Embed
		}
		if err := j.asked[i].Finish(ctx, matches); err != nil {
			return nil, err
		}
		for n := range matches {
			matches[n].Collection = s.name
			out[at[n]] = matches[n]
		}
	}
	return out, nil
}
