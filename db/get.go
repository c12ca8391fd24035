package db

import (
	"context"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
	"github.com/fronyai/frony-db/quant"
)

// Get returns documents by id, in order, with text and metadata. If some are
// missing it returns those that exist, and ErrNotFound with the missing ids.
func (c *Collection) Get(ctx context.Context, ids ...string) ([]Document, error) {
	return c.GetFields(ctx, FieldsDefault, ids...)
}

// GetFields is Get with a choice of fields.
func (c *Collection) GetFields(ctx context.Context, fields Fields, ids ...string) (docs []Document, err error) {
	err = c.read("get", "", func(_ *version, r *index.Reader) error {
		docs = make([]Document, 0, len(ids))
		var missing []string
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return err
			}
			node, ok, err := r.Node(id)
			var doc Document
			if err == nil && ok {
				ok, err = c.sees(r, node)
			}
			if err == nil && ok {
				doc, ok, err = document(r, node, fields)
			}
			switch {
			case err != nil:
				docs = nil
				return &Error{Input: reason.IDs(id), Err: err}
			case !ok:
				missing = append(missing, id)
			default:
				docs = append(docs, doc)
			}
		}
		if missing != nil {
			return &Error{Input: reason.IDs(missing...), Err: ErrNotFound}
		}
		return nil
	})
	return docs, err
}

// document reads a node's document.
func document(r *index.Reader, node uint32, fields Fields) (d Document, ok bool, err error) {
	want := fields.stored()
	rec, ok, err := r.Record(node, want)
	if err != nil || !ok {
		return d, false, err
	}
	d = fromRecord(rec)
	if want&store.WithVector != 0 {
		d.Embedding, ok, err = r.Vector(node)
		if err == nil && ok && rec.Sealed {
			err = rec.Verify(quant.Bytes(d.Embedding))
		}
	}
	return d, ok && err == nil, err
}
