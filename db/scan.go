package db

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/attr"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/internal/nfc"
)

// Scan selects the documents to read.
type Scan struct {
	// Filter selects documents. The zero Expr selects all.
	Filter filter.Expr
	// Sort orders the documents by one or two fields, and those with equal values by
	// their ids; if it is empty, by their ids alone. Values of different types are
	// ordered as booleans, numbers, times, strings. Strings are compared byte by byte,
	// by the first 256. A document without the field comes last in both directions, and
	// so does a list, which has no order. _source is the Source. Documents come with
	// their metadata, whatever Fields says, for Next.
	Sort []SortKey
	// After is the cursor: the id of the last document of the previous page.
	After string
	// AfterValues are its values of the fields of Sort, nil for none: see Next.
	AfterValues []any
	// Limit is the maximum number of documents; zero means all.
	Limit int
	// Fields selects what to read; zero means text and metadata.
	Fields Fields
}

// SortKey is a field to sort by.
type SortKey struct {
	Field      string
	Descending bool
}

// Next is the scan of the page behind a document. It stays valid: whatever is deleted or
// changed meanwhile, it goes on behind the values that the document had.
func (s Scan) Next(last *Document) Scan {
	s.After, s.AfterValues = last.ID, nil
	for _, k := range s.Sort {
		var v any
		switch {
		case k.Field == filter.FieldSource && last.Source != "":
			v = attr.SortText(nfc.Compose(last.Source))
		case k.Field != filter.FieldSource:
			v = sortable(last, k.Field)
		}
		s.AfterValues = append(s.AfterValues, v)
	}
	return s
}

// sortable is the value of a field that orders a document, or nil.
func sortable(d *Document, field string) any {
	v, ok := d.Metadata[field]
	if !ok {
		for name := range d.Metadata {
			if nfc.Equal(name, field) {
				v, ok = d.Metadata[name], true
			}
		}
	}
	if !ok && field == "title" && d.Title != "" {
		v = d.Title
	}
	switch v := v.(type) {
	case string:
		return attr.SortText(nfc.Compose(v))
	case bool, int64, float64, time.Time:
		return v
	}
	return nil
}

func (s *Scan) check() error {
	switch {
	case len(s.Sort) > attr.MaxKeys:
		return reason.For(ErrInvalidQuery, "{Sort} has %d fields, at most %d", len(s.Sort), attr.MaxKeys)
	case s.AfterValues != nil && len(s.AfterValues) != len(s.Sort):
		return reason.For(ErrInvalidQuery, "{AfterValues} has %d values for the %d fields of {Sort}", len(s.AfterValues), len(s.Sort))
	case len(s.Sort) > 0 && s.After != "" && s.AfterValues == nil:
		return reason.For(ErrInvalidQuery, "{After} without {AfterValues}, and there is {Sort}; use Scan.Next")
	case s.Limit < 0:
		return reason.For(ErrInvalidQuery, "{Limit} is %d, want 0 or more", s.Limit)
	}
	for i, v := range s.AfterValues {
		if v == nil {
			continue
		}
		if _, _, err := normaliseValue(v); err != nil {
			return reason.For(ErrInvalidQuery, "{AfterValues}: %s: %v", s.Sort[i].Field, err)
		}
	}
	for _, k := range s.Sort {
		switch k.Field {
		case "":
			return reason.For(ErrInvalidQuery, "a field of {Sort} has no name")
		case filter.FieldID:
			return reason.For(ErrInvalidQuery, "{Sort} has _id, by which documents are ordered where their values are equal; leave it out")
		}
	}
	return nil
}

// Scan yields documents in the order of Sort, or else in byte order of their ids, as they
// were when the scan began. To read in pages, set After to the last id of the previous
// page, or use Scan.Next.
//
// A document that is damaged comes as its id with an ErrCorrupt; whoever goes on gets
// those behind it. A last ErrCorrupt without an id says that ids cannot be read.
func (c *Collection) Scan(ctx context.Context, s Scan) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		err := c.read("scan", "", func(_ *version, r *index.Reader) error {
			if err := s.check(); err != nil {
				return err
			}
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

// ids yields the documents in the order of the scan. Where the values of fields decided,
// it has no ids.
func (s *Scan) ids(r *index.Reader) iter.Seq2[store.ID, error] {
	if len(s.Sort) > 0 {
		sorted := index.Sorted{Filter: s.Filter, After: s.After, N: s.Limit}
		for _, v := range s.AfterValues { // which have been checked
			if v != nil {
				v, _, _ = normaliseValue(v)
			}
			sorted.From = append(sorted.From, v)
		}
		for _, k := range s.Sort {
			sorted.Keys = append(sorted.Keys, attr.Key(k))
		}
		return r.Sorted(sorted)
	}
	start := s.After
	if start != "" {
		start += "\x00"
	}
	return r.IDs(s.Filter, start)
}

func (s *Scan) run(ctx context.Context, r *index.Reader, yield func(Document, error) bool) error {
	n, fields := 0, s.Fields
	if len(s.Sort) > 0 && fields != 0 {
		fields |= FieldMetadata
	}
	for id, err := range s.ids(r) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		doc, ok, err := document(r, id.Node, fields)
		if err == nil && !ok {
			continue
		}
		if err != nil && id.ID == "" {
			var e error
			if id.ID, e = r.ID(id.Node); e != nil {
				return e
			}
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
