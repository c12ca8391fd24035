package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Delete is db.Collection.Delete.
func (c *Collection) Delete(ctx context.Context, ids ...string) (n int, err error) {
	if err = c.CheckIDs(ids); err == nil {
		err = c.d.write(ctx, func(tx pgx.Tx) error {
			meets, err := c.where(ctx, tx, filter.All())
			if err != nil {
				return err
			}
			var a args
			n, _, err = c.deleted(ctx, tx, `d.id_key = ANY(`+a.add(db.AllComposed(ids))+`) AND `+meets(&a)+` ORDER BY d.id_key`, a)
			return err
		})
	}
	return n, failed("delete", "", err)
}

// DeleteWhere is db.Collection.DeleteWhere.
func (c *Collection) DeleteWhere(ctx context.Context, where filter.Expr) (n int, err error) {
	for after, more := int64(0), true; more && err == nil; {
		err = c.d.write(ctx, func(tx pgx.Tx) error {
			meets, err := c.where(ctx, tx, where)
			if err != nil {
				return err
			}
			var a args
			deleted, last, err := c.deleted(ctx, tx, `d.no > `+a.add(after)+` AND `+meets(&a)+` ORDER BY d.no LIMIT `+a.add(page), a)
			n += deleted
			after, more = last, deleted == page
			return err
		})
	}
	return n, failed("delete", "", err)
}

// deleted deletes the documents that meet a condition, and returns how many and the
// number of the last.
func (c *Collection) deleted(ctx context.Context, tx pgx.Tx, where string, a args) (n int, last int64, err error) {
	if err := c.lock(ctx, tx, false); err != nil {
		return 0, 0, err
	}
	rows, err := tx.Query(ctx, `SELECT d.no FROM `+c.t.docs+` d WHERE `+where+` FOR UPDATE`, a...)
	if err != nil {
		return 0, 0, err
	}
	nos, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(nos) == 0 {
		return 0, 0, err
	}
	var change change
	if err := c.remove(ctx, tx, nos, &change); err != nil {
		return 0, 0, err
	}
	return len(nos), nos[len(nos)-1], c.count(ctx, tx, &change)
}

// sweepEvery is how often expired documents are deleted. They are invisible before.
const sweepEvery = 30 * time.Second

// sweep deletes expired documents until ctx ends.
func (d *DB) sweep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery):
		}
		if err := d.sweepAll(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("expired documents were not deleted", "err", err)
		}
		if err := d.finishLoads(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("indexes of a collection that was being loaded were not built", "err", err)
		}
	}
}

// sweepAll deletes the expired documents of all collections.
func (d *DB) sweepAll(ctx context.Context) error {
	rows, err := d.pool.Query(ctx, `SELECT id FROM frony.collections`)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for _, id := range ids {
		c := &Collection{d: d, id: id, t: tablesOf(id)}
		for more := true; more && err == nil; {
			err = d.write(ctx, func(tx pgx.Tx) error {
				var a args
				n, _, err := c.deleted(ctx, tx, `d.expires <= `+a.add(time.Now())+` ORDER BY d.no LIMIT `+a.add(page), a)
				more = n == page
				return err
			})
		}
	}
	return db.Wrap("delete expired documents", "", err)
}
