package db

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/embedder"
)

// MaxSearchAll is the most collections that SearchAll searches at once.
const MaxSearchAll = 256

// SearchAll searches several collections of one model and returns the K best documents of
// all of them behind the first Offset, each with the name of its collection. A restricted
// collection is searched within its scope.
//
// Scores are comparable. Cosines are. In Hybrid mode the candidates of all collections are
// fused by one scale, with the BM25 of each as a share of the greatest that the query can
// have in its collection, where words weigh what they are worth there. That share is Score
// in Lexical mode.
//
// PerSource and GroupBy count within each collection. Texts are searched as they are
// written: slips are not corrected, since a word that one collection lacks may be in
// another.
//
// It returns ErrModelMismatch if the collections have different models or dimensions, and
// otherwise what Search returns. Like and Unlike are ErrInvalidQuery: ids are those of one
// collection.
func SearchAll(ctx context.Context, q Query, collections ...*Collection) (matches []Match, err error) {
	if err := q.checkSeveral(len(collections)); err != nil {
		return nil, wrap("search", "", err)
	}
	var names []string
	for _, c := range collections {
		names = append(names, c.Name())
	}
	d := collections[0].db
	err = d.do(func() error {
		t := Trace{Mode: q.mode()}
		matches, err = searchAll(ctx, &q, collections, &t)
		if q.Trace != nil {
			*q.Trace = t
		}
		return err
	})
	return matches, wrap("search", reason.IDs(names...), err)
}

// checkSeveral checks that the query can be one of n collections.
func (q *Query) checkSeveral(n int) error {
	switch {
	case n == 0:
		return reason.For(ErrInvalidQuery, "no collections")
	case n > MaxSearchAll:
		return reason.For(ErrLimit, "%d collections, at most %d in one search", n, MaxSearchAll)
	case q.hasExamples():
		return reason.For(ErrInvalidQuery, "{Like} and {Unlike} are ids of one collection, and this is a search of several; use an embedding")
	}
	return nil
}

// opened is a version that is read.
type opened struct {
	c *Collection
	v *version
	r *index.Reader
	q Query
}

func searchAll(ctx context.Context, q *Query, collections []*Collection, t *Trace) ([]Match, error) {
	start := time.Now()
	defer func() { t.Total = time.Since(start) }()
	open := make([]opened, 0, len(collections))
	defer func() {
		for i := range open {
			open[i].r.Close()
		}
	}()
	known := map[string][]float32{}
	sides := make([]index.Side, len(collections))
	for i, c := range collections {
		o, err := c.reading(q)
		if err != nil {
			return nil, err
		}
		open = append(open, o)
		if err := sameScores(&open[0], &open[i]); err != nil {
			return nil, err
		}
		o.q.plain, o.q.known = len(collections) > 1, known
		if i == 0 {
			if err := o.v.embedTexts(ctx, &o.q); err != nil {
				return nil, err
			}
		}
		trace := Trace{Mode: q.mode()}
		ask, err := o.v.embedded(ctx, &o.q, &trace)
		if err != nil {
			return nil, err
		}
		t.Embed += trace.Embed
		if i == 0 {
			t.Mode, t.Warnings = trace.Mode, trace.Warnings
		}
		if ask.K == 0 {
			return nil, nil // the model knows nothing of it
		}
		ask.Own = true
		sides[i] = index.Side{Reader: o.r, Query: ask}
		open[i] = o
	}
	if q.Trace != nil {
		t.Warnings = append(t.Warnings, commonWarnings(open)...)
	}
	var found index.Trace
	top, err := index.SearchSides(ctx, sides, &found)
	t.add(&found)
	if err != nil {
		return nil, tooLarge(err, q.K)
	}
	out := make([]Match, len(top))
	of := make([][]int, len(open)) // the matches of each
	for i := range top {
		m := &top[i]
		out[i] = fromMatch(&m.Match)
		out[i].Collection = open[m.Side].c.Name()
		of[m.Side] = append(of[m.Side], i)
	}
	if q.excerpts() || q.Context > 0 {
		start := time.Now()
		defer func() { t.Load += time.Since(start) }()
		left := q.extras()
		for i := range open {
			own := make([]Match, len(of[i]))
			for n, at := range of[i] {
				own[n] = out[at]
			}
			o := &open[i]
			if err := o.v.finish(ctx, o.r, &o.q, &sides[i].Query, left, own); err != nil {
				return nil, err
			}
			for n, at := range of[i] {
				out[at] = own[n]
			}
		}
	}
	return out, nil
}

// reading begins to read the current version.
func (c *Collection) reading(q *Query) (o opened, err error) {
	o = opened{c: c, q: *q}
	if err := c.checkQuery(&o.q); err != nil {
		return o, err
	}
	o.q.Filter, o.q.scope = c.within(q.Filter), c.scope
	for {
		o.v = c.current.Load()
		o.r, err = o.v.Read()
		if !errors.Is(err, store.ErrClosed) || c.current.Load() == o.v {
			return o, err
		}
	}
}

// sameScores returns ErrModelMismatch if the scores of two collections cannot be compared.
func sameScores(a, b *opened) error {
	x, y := a.v.Settings(), b.v.Settings()
	var why error
	switch {
	case x.Dims != y.Dims:
		why = reason.For(ErrModelMismatch, "it has %d dimensions, and %q %d", y.Dims, a.c.Name(), x.Dims)
	case fingerprint(x.Spec) != fingerprint(y.Spec):
		why = reason.For(ErrModelMismatch, "it has %s, and %q %s", modelName(y), a.c.Name(), modelName(x))
	default:
		return nil
	}
	return &Error{Input: b.c.Name(), Err: why, Hint: "one search compares embeddings of one model; search them one by one"}
}

func fingerprint(s *embedder.Spec) string {
	if s == nil {
		return ""
	}
	return s.Fingerprint()
}

// commonWarnings are the warnings about the filter that hold in every collection: a field
// that some have is no mistake.
func commonWarnings(open []opened) (common []string) {
	first := true
	for i := range open {
		o := &open[i]
		if o.c.scope != nil {
			return nil // a warning would tell of the others' fields
		}
		if o.c.db.st.State(o.v.ID()).Live == 0 {
			continue // it has no fields at all
		}
		own := o.v.Warnings(o.q.Filter)
		if o.q.GroupBy != "" {
			own = append(own, o.v.Unknown(o.q.GroupBy)...)
		}
		if first {
			common, first = own, false
			continue
		}
		common = slices.DeleteFunc(common, func(w string) bool { return !slices.Contains(own, w) })
	}
	return common
}

// Select returns the names of the collections that a pattern means, in order, each once: a
// name or an alias, or the beginning of names and aliases with * behind it. Names that
// begin with _ need a pattern that does. Only names for which sees is true are used, an
// alias only if that of its collection is, too; nil sees all. It returns ErrNoCollection if
// there is none, and ErrClosed.
func (d *DB) Select(ctx context.Context, pattern string, sees func(name string) bool) (names []string, err error) {
	return SelectFrom(d.Collections(ctx), pattern, sees)
}
