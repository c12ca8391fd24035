package opensearch

import (
	"context"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// Delete is db.Collection.Delete. If it ends before all are deleted, some may be.
func (c *Collection) Delete(ctx context.Context, ids ...string) (n int, err error) {
	if err = c.CheckIDs(ids); err == nil {
		within, _ := c.Within(filter.All())
		n, err = c.deleted(ctx, db.AllComposed(ids), within)
	}
	return n, failed("delete", "", err)
}

// DeleteWhere is db.Collection.DeleteWhere. If it ends before all are deleted, some may
// be.
func (c *Collection) DeleteWhere(ctx context.Context, where filter.Expr) (n int, err error) {
	keys, within, err := c.meetingNow(ctx, where)
	for len(keys) > 0 && err == nil {
		part := keys[:min(len(keys), page)]
		keys = keys[len(part):]
		var deleted int
		deleted, err = c.deleted(ctx, part, within)
		n += deleted
	}
	return n, failed("delete", "", err)
}

// meetingNow returns the keys of the documents that meet a filter, and the filter within
// what the collection is restricted to.
func (c *Collection) meetingNow(ctx context.Context, where filter.Expr) (keys []string, within filter.Expr, err error) {
	if c.d.opts.ReadOnly {
		return nil, within, db.ErrReadOnly
	}
	if within, err = c.Within(where); err != nil {
		return nil, within, err
	}
	err = c.reads(ctx, func(s *state) error {
		keys = keys[:0]
		meets, err := c.meeting(ctx, s, within)
		if err != nil {
			return err
		}
		return c.each(ctx, meets, reading{fields: db.FieldsNone}, func(d *stored) error {
			keys = append(keys, d.key)
			return nil
		})
	})
	return keys, within, err
}

// deleted deletes the documents with some keys that meet a filter, and returns how many.
func (c *Collection) deleted(ctx context.Context, keys []string, where filter.Expr) (int, error) {
	if c.d.opts.ReadOnly {
		return 0, db.ErrReadOnly
	}
	w := &oneByOne{keys: distinct(keys), token: token(), reading: reading{fields: db.FieldMetadata}}
	w.body = func(key string, p *place) ([]byte, error) {
		if ok, err := holds(p, where); err != nil || !ok {
			return nil, err
		}
		return tombstone(key, w.token)
	}
	written, err := c.writeEach(ctx, w)
	return len(written), err
}

// holds reports whether there is a document at a place that meets a filter.
func holds(p *place, where filter.Expr) (bool, error) {
	d := p.live()
	if d == nil || where.Kind() == filter.KindAll {
		return d != nil, nil
	}
	return evaluate.Meets(&d.Document, where)
}

// distinct returns keys, each once.
func distinct(keys []string) []string {
	seen := make(map[string]bool, len(keys))
	var out []string
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			out = append(out, key)
		}
	}
	return out
}
