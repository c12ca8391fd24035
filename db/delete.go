package db

import (
	"context"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/reason"
)

// Delete deletes documents in one transaction and returns how many of them existed.
// An id that does not exist is not an error.
func (c *Collection) Delete(ctx context.Context, ids ...string) (n int, err error) {
	err = c.do("delete", "", func(v *version) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.db.checkBatch(len(ids), "documents"); err != nil {
			return err
		}
		for _, id := range ids {
			if err := checkID(id, c.db.opts.Limits.IDBytes); err != nil {
				return &Error{Input: reason.IDs(id), Err: err}
			}
		}
		if c.scope == nil {
			n, err = v.Delete(ids)
			return err
		}
		values := make([]any, len(ids))
		for i, id := range ids {
			values[i] = id
		}
		n, err = v.DeleteWhere(ctx, c.within(filter.In(filter.FieldID, values...)))
		return err
	})
	return n, err
}

// DeleteWhere deletes the documents that match the filter when it begins, and
// returns how many. A document that is replaced meanwhile stays. It uses several
// transactions of bounded size: after an error some documents may have been
// deleted, and the count says how many. To delete everything, use filter.All.
func (c *Collection) DeleteWhere(ctx context.Context, where filter.Expr) (n int, err error) {
	err = c.do("delete", "", func(v *version) error {
		if err := c.checkFilter(where); err != nil {
			return err
		}
		deleted, err := v.DeleteWhere(ctx, c.within(where))
		n += deleted // another version may go on with the rest
		return err
	})
	return n, err
}
