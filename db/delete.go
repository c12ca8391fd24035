package db

import (
	"context"
	"fmt"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/store"
)

// Delete deletes documents, all in one transaction, and returns how many there
// were. Ids that are not there are no error.
func (c *Collection) Delete(ctx context.Context, ids ...string) (int, error) {
	if err := c.enter(); err != nil {
		return 0, wrap("delete", "", err)
	}
	defer c.leave()
	if err := ctx.Err(); err != nil {
		return 0, wrap("delete", "", err)
	}
	if limit := c.db.opts.Limits.Batch; len(ids) > limit {
		return 0, wrap("delete", fmt.Sprintf("%d documents", len(ids)), because(ErrBatchTooLarge, "at most %d in one call", limit))
	}
	deletes := make([]store.Delete, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if err := checkID(id, c.db.opts.Limits.IDBytes); err != nil {
			return 0, wrap("delete", quoteIDs([]string{id}), err)
		}
		if !seen[id] {
			seen[id] = true
			deletes = append(deletes, store.Delete{ID: id, Node: store.AnyNode})
		}
	}
	deletes, err := c.present(deletes)
	if err != nil || len(deletes) == 0 {
		return 0, wrap("delete", "", err)
	}
	done, err := c.commit(nil, &store.Batch{Deletes: deletes})
	if err != nil {
		return 0, wrap("delete", "", err)
	}
	return done.Deleted, nil
}

// present leaves out what is not there, which need not be written down.
func (c *Collection) present(deletes []store.Delete) ([]store.Delete, error) {
	v, _ := c.view()
	defer v.Close()
	there := deletes[:0]
	for _, d := range deletes {
		_, ok, err := v.Node(c.id, d.ID)
		if err != nil {
			return nil, err
		}
		if ok {
			there = append(there, d)
		}
	}
	return there, nil
}

// DeleteWhere deletes the documents that meet the filter as it begins, and
// returns how many. A document that is replaced meanwhile stays. It works in
// transactions of a bounded size: an error may leave some of them deleted, and
// the count says how many. An expression that matches everything must be
// written out: filter.All.
func (c *Collection) DeleteWhere(ctx context.Context, where filter.Expr) (int, error) {
	if err := c.enter(); err != nil {
		return 0, wrap("delete", "", err)
	}
	defer c.leave()
	if err := c.checkFilter(where); err != nil {
		return 0, wrap("delete", "", err)
	}
	slot := c.grace.enter()
	defer c.grace.leave(slot)
	v, m := c.view()
	defer v.Close()
	total := 0
	var batch []store.Delete
	flush := func() error {
		if len(batch) == 0 {
			return ctx.Err()
		}
		done, err := c.commit(nil, &store.Batch{Deletes: batch})
		if err != nil {
			return err
		}
		total += done.Deleted
		batch = batch[:0]
		return ctx.Err()
	}
	for node := range c.matching(where, m.seq) {
		r, ok, err := v.Record(c.id, node, 0)
		if err == nil && ok {
			batch = append(batch, store.Delete{ID: r.ID, Node: node})
		}
		if err == nil && len(batch) == 1000 {
			err = flush()
		}
		if err != nil {
			return total, wrap("delete", "", err)
		}
	}
	return total, wrap("delete", "", flush())
}
