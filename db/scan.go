package db

import (
	"context"
	"errors"
	"iter"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// Scan selects the documents to read.
type Scan struct {
	// Filter selects documents. The zero Expr selects all.
	Filter filter.Expr
	// After is the cursor: the id of the last document of the previous page.
	After string
	// Limit is the maximum number of documents; zero means all.
	Limit int
	// Fields selects what to read; zero means text and metadata.
	Fields Fields
}

// Scan yields documents in byte order of their ids, as they were when the scan
// began. To read in pages, set After to the last id of the previous page.
//
// A document that is damaged comes as its id with an ErrCorrupt; whoever goes on gets
// those behind it. A last ErrCorrupt without an id says that ids cannot be read.
func (c *Collection) Scan(ctx context.Context, s Scan) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		err := c.read("scan", "", func(_ *version, r *index.Reader) error {
			if err := c.checkFilter(s.Filter); err != nil {
				return err
			}
			s.Filter = c.within(s.Filter)
			return s.run(ctx, r, yield)
		})
		if err != nil {
			yield(Document{}, err)
		}
	}
}

func (s *Scan) run(ctx context.Context, r *index.Reader, yield func(Document, error) bool) error {
	start := s.After
	if start != "" {
		start += "\x00"
	}
	n := 0
	for id, err := range r.IDs(s.Filter, start) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		doc, ok, err := document(r, id.Node, s.Fields)
		if err == nil && !ok {
			continue
		}
		if errors.Is(err, ErrCorrupt) {
			doc, err = Document{ID: id.ID}, wrap("scan", reason.IDs(id.ID), err)
		} else if err != nil {
			return &Error{Input: reason.IDs(id.ID), Err: err}
		}
		if !yield(doc, err) {
			return nil
		}
		if n++; n == s.Limit {
			return nil
		}
	}
	return nil
}

// Count returns the number of documents that match the filter.
func (c *Collection) Count(_ context.Context, where filter.Expr) (n int, err error) {
	err = c.read("count", "", func(_ *version, r *index.Reader) error {
		if err := c.checkFilter(where); err != nil {
			return err
		}
		n, err = r.Count(c.within(where))
		return err
	})
	return n, err
}

func (c *Collection) checkFilter(e filter.Expr) error {
	l := c.db.opts.Limits
	if err := e.Validate(filter.Limits{MaxDepth: l.FilterDepth, MaxConditions: l.FilterConditions}); err != nil {
		return reason.For(ErrInvalidFilter, "%v", err)
	}
	return nil
}
