package opensearch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

// GetFields is db.Collection.GetFields.
func (c *Collection) GetFields(ctx context.Context, fields db.Fields, ids ...string) (docs []db.Document, err error) {
	err = c.reads(ctx, func(s *state) error {
		docs, err = c.get(ctx, s, fields, ids)
		return err
	})
	return docs, failed("get", "", err)
}

// get reads documents by id, in order.
func (c *Collection) get(ctx context.Context, s *state, fields db.Fields, ids []string) ([]db.Document, error) {
	all, err := c.all(ctx, s)
	if err != nil {
		return nil, err
	}
	at := make(map[string]*db.Document, len(ids))
	err = c.each(ctx, all.narrowed(or(anyOf("key", db.AllComposed(ids)))), reading{fields: cmp.Or(fields, db.FieldsDefault)}, func(d *stored) error {
		at[d.key] = &d.Document
		return nil
	})
	if err != nil {
		return nil, err
	}
	return db.InOrder(ids, at)
}

// Count is db.Collection.Count.
func (c *Collection) Count(ctx context.Context, where filter.Expr) (n int, err error) {
	err = c.reads(ctx, func(s *state) error {
		meets, err := c.where(ctx, s, where)
		if err == nil {
			n, err = c.count(ctx, meets)
		}
		return err
	})
	return n, failed("count", "", err)
}

// errEnough ends a loop.
var errEnough = errors.New("enough")

// Scan is db.Collection.Scan. All documents are of one moment. With Sort, the metadata of
// all documents that meet the filter is read first, and compared here.
func (c *Collection) Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error] {
	return func(yield func(db.Document, error) bool) {
		n := 0
		one := func(d *stored) error {
			if n++; !yield(d.Document, nil) || n == s.Limit {
				return errEnough
			}
			return nil
		}
		err := c.CheckScan(&s)
		if err == nil {
			err = c.reads(ctx, func(at *state) error {
				meets, err := c.where(ctx, at, s.Filter)
				if err != nil {
					return err
				}
				if len(s.Sort) > 0 {
					if err = c.sorted(ctx, meets, s, one); n > 0 && errors.Is(err, errStale) {
						err = fmt.Errorf("%w: %s", engine.ErrUnavailable, err.Error()) // not to begin again
					}
					return err
				}
				size := page
				if s.Limit > 0 {
					size = s.Limit
				}
				return c.eachFrom(ctx, meets, reading{fields: cmp.Or(s.Fields, db.FieldsDefault)}, s.After, size, one)
			})
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(db.Document{}, failed("scan", "", err))
		}
	}
}

// sorted calls f for documents in the order of a scan's Sort.
func (c *Collection) sorted(ctx context.Context, meets *selection, s db.Scan, f func(*stored) error) error {
	columns, slots, err := c.columns(ctx, meets)
	if err != nil {
		return err
	}
	order := columns.Sorted(&s)
	if s.Limit > 0 {
		order = order[:min(len(order), s.Limit)]
	}
	for part := range slices.Chunk(order, page) {
		want := make([]string, len(part))
		for i, at := range part {
			want[i] = slots[at]
		}
		docs := make(map[string]*stored, len(part))
		err := c.each(ctx, meets.narrowed(or(anyOf("_id", want))), reading{fields: cmp.Or(s.Fields, db.FieldsDefault) | db.FieldMetadata}, func(d *stored) error {
			docs[d.slot] = d
			return nil
		})
		if err != nil {
			return err
		}
		for _, slot := range want {
			if d := docs[slot]; d != nil { // else it has gone meanwhile
				if err := f(d); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// columns reads the columns of the documents of a selection, and their slots.
func (c *Collection) columns(ctx context.Context, s *selection) (*db.Columns, []string, error) {
	columns := db.NewColumns(false)
	var slots []string
	err := c.each(ctx, s, reading{fields: db.FieldMetadata}, func(d *stored) error {
		columns.Add(&d.Document)
		slots = append(slots, d.slot)
		return nil
	})
	return columns, slots, err
}
