package opensearch

import (
	"context"
	"slices"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Update is db.Collection.Update.
func (c *Collection) Update(ctx context.Context, id string, p db.Patch) error {
	_, err := c.UpdateIDs(ctx, p, id)
	return err
}

// UpdateIDs is db.Collection.UpdateIDs. If it ends before all are changed, some may be.
func (c *Collection) UpdateIDs(ctx context.Context, p db.Patch, ids ...string) (n int, err error) {
	if err = c.CheckIDs(ids); err != nil {
		return 0, failed("update", "", err)
	}
	within, _ := c.Within(filter.All())
	there, err := c.updated(ctx, p, db.AllComposed(ids), within)
	if err == nil {
		missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return there[db.Composed(id)] })
		if len(missing) > 0 {
			err = db.NotFound(missing...)
		}
	}
	return len(there), failed("update", "", err)
}

// UpdateWhere is db.Collection.UpdateWhere. If it ends before all are changed, some may
// be.
func (c *Collection) UpdateWhere(ctx context.Context, where filter.Expr, p db.Patch) (n int, err error) {
	if _, err = c.Patch(p); err == nil {
		var keys []string
		var within filter.Expr
		keys, within, err = c.meetingNow(ctx, where)
		for len(keys) > 0 && err == nil {
			part := keys[:min(len(keys), page)]
			keys = keys[len(part):]
			var there map[string]bool
			there, err = c.updated(ctx, p, part, within)
			n += len(there)
		}
	}
	return n, failed("update", "", err)
}

// updated changes the documents with some keys that meet a filter, and returns the keys
// of those that there are.
func (c *Collection) updated(ctx context.Context, p db.Patch, keys []string, where filter.Expr) (there map[string]bool, err error) {
	if c.d.opts.ReadOnly {
		return nil, db.ErrReadOnly
	}
	patch, err := c.Patch(p)
	if err != nil {
		return nil, err
	}
	there = map[string]bool{}
	w := &oneByOne{
		keys: distinct(keys), token: token(),
		reading: reading{fields: db.FieldText | db.FieldMetadata | db.FieldEmbedding},
	}
	// All are changed before one is written: what is wrong with one of them is known by
	// then.
	bodies := map[string][]byte{}
	w.check = func(places map[string]*place) error {
		clear(bodies)
		var noted []*changed
		for key, p := range places {
			if _, ok := p.by(w.token); ok {
				there[key] = true
				continue
			}
			ok, err := holds(p, where)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			there[key] = true
			d := p.live().Prepared
			did, err := patch(&d)
			if err != nil {
				return err
			}
			if !did {
				continue
			}
			if bodies[key], err = c.encode(&d, c.analyse(&d), 0, p.live().number, w.token); err != nil {
				return err
			}
			noted = append(noted, &changed{Prepared: &d, key: key})
		}
		return c.note(ctx, noted)
	}
	w.body = func(key string, _ *place) ([]byte, error) { return bodies[key], nil }
	_, err = c.writeEach(ctx, w)
	if err != nil {
		return nil, err
	}
	return there, nil
}
