package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
)

// lockLoading is the class of the locks of collections that are being loaded.
const lockLoading = 0x6c6f61

// Load fills a collection without its large indexes, and builds them at the end: that
// takes half of the CPU time. A collection that has documents and all indexes is filled as
// always. Searches meanwhile are complete, and slow. If the process is killed, or fill or
// ctx ends with an error, any process that has the database open builds the indexes
// within a minute, unless the collection is loaded again by then.
func (d *DB) Load(ctx context.Context, collection string, fill func() error) error {
	c, err := d.existing(ctx, collection, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return failed("load", collection, err)
	}
	return d.withLoading(ctx, c.id, func() error {
		err := d.write(ctx, func(tx pgx.Tx) error { return c.dropIndexes(ctx, tx) })
		if err != nil {
			return failed("load", collection, err)
		}
		if err := fill(); err != nil {
			return err
		}
		err = d.write(ctx, func(tx pgx.Tx) error { return c.t.buildIndexes(ctx, tx, c.Rules) })
		return failed("build indexes", collection, err)
	})
}

// withLoading calls f with the lock of loading a collection.
func (d *DB) withLoading(ctx context.Context, id int64, f func() error) error {
	return d.withLocked(ctx, `$1, $2`, []any{int32(lockLoading), int32(id)}, func(*pgx.Conn) error { return f() })
}

// dropIndexes drops the large indexes of an empty collection.
func (c *Collection) dropIndexes(ctx context.Context, tx pgx.Tx) error {
	// Nobody writes between the look and the end of the transaction.
	if _, err := tx.Exec(ctx, `LOCK TABLE `+c.t.docs+`, `+c.t.words+` IN ACCESS EXCLUSIVE MODE`); err != nil {
		return err
	}
	if !c.empty(ctx, tx) {
		return nil
	}
	for _, x := range c.t.indexes(c.Rules) {
		name, err := indexName(ctx, tx, x)
		if err == nil && name != "" {
			_, err = tx.Exec(ctx, `DROP INDEX `+name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finishLoads builds the indexes of collections whose loading has been given up.
func (d *DB) finishLoads(ctx context.Context) error {
	// All are built in one transaction, so that looking for one suffices.
	rows, err := d.pool.Query(ctx, `SELECT c.name FROM frony.collections c WHERE NOT EXISTS (
		SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam
		WHERE i.indrelid = to_regclass('frony.words_' || c.id) AND a.amname = 'gin')`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := d.finishLoad(ctx, name); err != nil {
			return db.Wrap("build indexes", name, err)
		}
	}
	return nil
}

func (d *DB) finishLoad(ctx context.Context, name string) error {
	c, err := d.existing(ctx, name, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return nil //nolint:nilerr // it was dropped, or has another model: then its own server does it
	}
	return d.write(ctx, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1, $2)`, int32(lockLoading), int32(c.id)).Scan(&mine); err != nil || !mine {
			return err
		}
		return c.t.buildIndexes(ctx, tx, c.Rules)
	})
}
