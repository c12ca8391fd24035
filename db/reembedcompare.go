package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/store"
)

// Overlap says how much of what the old version finds the new one finds too. The
// queries are texts of documents, drawn by lot; the document itself is not
// counted.
type Overlap struct {
	K       int `json:"k"`
	Queries int `json:"queries"`
	// Dense and Hybrid are the mean shares of the first K results that both have,
	// by meaning alone and with words, from 0 to 1.
	Dense  float64 `json:"dense"`
	Hybrid float64 `json:"hybrid"`
	// Least are the queries with the least in common, by meaning.
	Least []OverlapQuery `json:"least,omitempty"`
	// Skipped says why the two were not compared.
	Skipped string `json:"skipped,omitempty"`
}

// OverlapQuery is a query and the ids of the first results of both versions.
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

// compare asks both versions the same. A model that can't be asked ends the
// comparison and not the move: it may be why it is to be replaced.
func (m *move) compare(ctx context.Context, n int) (o Overlap, err error) {
	o.K = overlapK
	if m.c.embed() == nil {
		o.Skipped = "the model from before is not open"
		return o, nil
	}
	queries, err := m.sample(ctx, n)
	if err != nil {
		return o, err
	}
	for _, doc := range queries {
		dense, err := m.shared(ctx, doc, Dense)
		var hybrid OverlapQuery
		if err == nil {
			hybrid, err = m.shared(ctx, doc, Hybrid)
		}
		switch {
		case ctx.Err() != nil:
			return o, ctx.Err()
		case errors.Is(err, ErrClosed):
			return o, err
		case err != nil:
			return Overlap{K: overlapK, Skipped: err.Error()}, nil //nolint:nilerr // the report says it
		case len(dense.Old) == 0:
			continue // it is alone
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

// sample draws documents that have a text.
func (m *move) sample(ctx context.Context, n int) (docs []Document, err error) {
	seen := make(map[uint32]bool)
	err = m.inside(func() error {
		v, mark := m.c.view()
		defer v.Close()
		bound := m.c.bound()
		rng := rand.New(rand.NewPCG(uint64(bound), uint64(m.c.id)))
		for try := 0; try < 20*n && len(docs) < n && bound > 0; try++ {
			node := rng.Uint32N(bound)
			if seen[node] || !m.c.nodes.visible(node, mark.seq) {
				continue
			}
			seen[node] = true
			r, ok, err := v.Record(m.c.id, node, store.WithText)
			if err != nil {
				return err
			}
			if ok && r.Text != "" {
				docs = append(docs, Document{ID: r.ID, Text: head(r.Text, overlapText)})
			}
		}
		return ctx.Err()
	})
	return docs, err
}

// head is the beginning of a text, in whole characters.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// shared asks both versions for what is like a document.
func (m *move) shared(ctx context.Context, doc Document, mode Mode) (q OverlapQuery, err error) {
	q = OverlapQuery{ID: doc.ID, Text: doc.Text}
	find := func(c *Collection) (ids []string, err error) {
		found, err := c.Search(ctx, Query{Text: doc.Text, K: min(overlapK+1, c.db.opts.Limits.K), Mode: mode, Fields: FieldsNone})
		for _, f := range found {
			if f.Document.ID != doc.ID && len(ids) < overlapK {
				ids = append(ids, f.Document.ID)
			}
		}
		return ids, err
	}
	if q.Old, err = find(m.c); err != nil {
		return q, fmt.Errorf("the old version: %w", err)
	}
	if q.New, err = find(m.to); err != nil {
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
