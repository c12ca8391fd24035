package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Overlap says how many of the old version's results the new one returns too. The
// queries are texts of randomly chosen documents; the document itself is not
// counted.
type Overlap struct {
	K       int `json:"k"`
	Queries int `json:"queries"`
	// Dense and Hybrid are the mean shares of the top K results that both versions
	// return in that mode, from 0 to 1.
	Dense  float64 `json:"dense"`
	Hybrid float64 `json:"hybrid"`
	// Least holds the queries with the smallest dense overlap.
	Least []OverlapQuery `json:"least,omitempty"`
	// Skipped says why the versions were not compared.
	Skipped string `json:"skipped,omitempty"`
}

// OverlapQuery is a query and the ids of both versions' top results.
type OverlapQuery struct {
	ID     string   `json:"id"` // of the document that is the query
	Text   string   `json:"text"`
	Shared float64  `json:"shared"`
	Old    []string `json:"old"`
	New    []string `json:"new"`
}

const (
	overlapK     = 10
	overlapLeast = 3
	overlapText  = 400 // bytes of a query at most
)

// compare runs the same queries on both versions. If a model fails, the comparison
// is skipped and the move goes on: the failure may be why the model is replaced.
func (g *change) compare(ctx context.Context, n int) (o Overlap, err error) {
	o.K = overlapK
	if g.from.embedder() == nil {
		o.Skipped = "the previous model is not open"
		return o, nil
	}
	queries, err := g.draw(ctx, n)
	if err != nil {
		return o, err
	}
	for _, doc := range queries {
		dense, err := g.shared(ctx, doc, Dense)
		var hybrid OverlapQuery
		if err == nil {
			hybrid, err = g.shared(ctx, doc, Hybrid)
		}
		switch {
		case ctx.Err() != nil:
			return o, ctx.Err()
		case errors.Is(err, ErrClosed):
			return o, err
		case err != nil:
			return Overlap{K: overlapK, Skipped: err.Error()}, nil //nolint:nilerr // the report says it
		case len(dense.Old) == 0:
			continue // the only document
		}
		o.Queries++
		o.Dense += dense.Shared
		o.Hybrid += hybrid.Shared
		o.Least = append(o.Least, dense)
	}
	if o.Queries > 0 {
		o.Dense /= float64(o.Queries)
		o.Hybrid /= float64(o.Queries)
	}
	slices.SortStableFunc(o.Least, func(a, b OverlapQuery) int { return cmp.Compare(a.Shared, b.Shared) })
	o.Least = slices.Clip(o.Least[:min(len(o.Least), overlapLeast)])
	return o, nil
}

// head returns the first n bytes of s at most, in whole characters.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// draw returns a random sample of the documents that have a text.
func (g *change) draw(ctx context.Context, n int) ([]*store.Record, error) {
	r, err := g.from.Read()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Draw(ctx, n)
}

// shared searches both versions for documents similar to doc.
func (g *change) shared(ctx context.Context, doc *store.Record, mode Mode) (q OverlapQuery, err error) {
	q = OverlapQuery{ID: doc.ID, Text: head(doc.Text, overlapText)}
	if q.Old, err = g.find(ctx, g.from, &q, mode); err != nil {
		return q, fmt.Errorf("the old version: %w", err)
	}
	if q.New, err = g.find(ctx, g.to, &q, mode); err != nil {
		return q, fmt.Errorf("the new version: %w", err)
	}
	n := 0
	for _, id := range q.New {
		if slices.Contains(q.Old, id) {
			n++
		}
	}
	if len(q.Old) > 0 {
		q.Shared = float64(n) / float64(len(q.Old))
	}
	return q, nil
}

// find returns the ids of the documents that a version finds nearest to a query's
// text, except the document that the text is from.
func (g *change) find(ctx context.Context, v *version, q *OverlapQuery, mode Mode) (ids []string, err error) {
	k := min(overlapK+1, g.c.db.opts.Limits.K)
	found, err := v.search(ctx, &Query{Text: q.Text, K: k, Fields: FieldsNone, own: true}, &Trace{Mode: mode})
	for _, f := range found {
		if f.Document.ID != q.ID && len(ids) < overlapK {
			ids = append(ids, f.Document.ID)
		}
	}
	return ids, err
}
