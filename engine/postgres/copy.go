package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
)

// Copy is db.DB.Copy. It is one transaction, within PostgreSQL: nothing of it is seen
// before its end, and nothing is left of one that failed.
func (d *DB) Copy(ctx context.Context, from, to string) (r db.CopyReport, err error) {
	r = db.CopyReport{From: from, To: to}
	switch err = db.CheckName(to); {
	case err != nil:
	case d.opts.ReadOnly:
		err = db.ErrReadOnly
	default:
		// The lock is taken before the transaction's state of the database is: it is that
		// behind whoever had the name before.
		err = d.withLocked(ctx, lockOfName, []any{db.Composed(to)}, func(c *pgx.Conn) error {
			o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
			return pgx.BeginTxFunc(ctx, c, o, func(tx pgx.Tx) error { return d.copy(ctx, tx, &r) })
		})
	}
	return r, failed("copy collection", from, err)
}

// withLocked calls f with a connection of its own that holds a lock, which ends with it.
func (d *DB) withLocked(ctx context.Context, lock string, key []any, f func(*pgx.Conn) error) error {
	c, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // its work is committed
	if _, err := c.Exec(ctx, `SELECT pg_advisory_lock(`+lock+`)`, key...); err != nil {
		return err
	}
	return f(c)
}

func (d *DB) copy(ctx context.Context, tx pgx.Tx, r *db.CopyReport) error {
	if err := free(ctx, tx, r.To); err != nil {
		return err
	}
	source, err := d.existing(ctx, r.From, &db.CollectionOptions{MustExist: true})
	if err != nil {
		return err
	}
	r.From = source.name
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM frony.collections WHERE id = $1)`, source.id).Scan(&there); err != nil || !there {
		if err == nil {
			err = db.ErrNoCollection // it is younger than the transaction
		}
		return err
	}
	settings, err := source.Settings()
	if err != nil {
		return err
	}
	id, err := insertCollection(ctx, tx, r.To, settings)
	if err != nil {
		return err
	}
	was, now := source.t, tablesOf(id)
	for _, step := range []struct {
		sql string
		a   []any
	}{
		{now.create(source.Rules), nil},
		{`INSERT INTO ` + now.docs + ` SELECT * FROM ` + was.docs + ` WHERE expires IS NULL OR expires > $1`, []any{time.Now()}},
		{`INSERT INTO ` + now.words + ` SELECT w.* FROM ` + was.words + ` w JOIN ` + now.docs + ` USING (no)`, nil},
		{`INSERT INTO ` + now.terms + ` SELECT t, count(*) FROM ` + now.words + `, unnest(terms) t GROUP BY t`, nil},
		{`INSERT INTO ` + now.fields + ` SELECT * FROM ` + was.fields, nil},
		{`SELECT setval('` + now.numbers + `', greatest(1, (SELECT max(no) FROM ` + now.docs + `)))`, nil},
	} {
		if _, err := tx.Exec(ctx, step.sql, step.a...); err != nil {
			return err
		}
	}
	if err := now.buildIndexes(ctx, tx, source.Rules); err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `UPDATE frony.collections SET documents = (SELECT count(*) FROM `+now.words+`),
		length = (SELECT coalesce(sum(length), 0) FROM `+now.words+`) WHERE id = $1 RETURNING documents`, id).Scan(&r.Documents)
	if err != nil {
		return err
	}
	// Last, since all that create collections wait for it.
	return room(ctx, tx, source.Limits().Collections+1)
}
