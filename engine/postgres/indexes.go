package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fronyai/frony-db/db"
)

// index is an index that a collection can be filled without. It is known by its table and
// its access method.
type index struct{ table, method, sql string }

func (t tables) indexes(r *db.Rules) []index {
	info := r.Info()
	m, ef := r.Graph()
	all := []index{
		{t.docs, "gin", `columns jsonb_path_ops)`},
		// A list of pending entries would be read for each term of a question.
		{t.words, "gin", `terms) WITH (fastupdate = off)`},
	}
	if info.HeadDims <= mostIndexed {
		all = append(all, index{t.docs, "hnsw", fmt.Sprintf(`%s halfvec_cosine_ops) WITH (m = %d, ef_construction = %d)`,
			head("embedding", &info), min(m, 100), max(min(ef/2, 1000), 2*min(m, 100)))})
	}
	for i, x := range all {
		all[i].sql = fmt.Sprintf(`CREATE INDEX ON %s USING %s (%s`, x.table, x.method, x.sql)
	}
	return all
}

// indexName is the name of an index, or nothing if there is none.
func indexName(ctx context.Context, tx pgx.Tx, x index) (name string, err error) {
	err = tx.QueryRow(ctx, `SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
		WHERE i.indrelid = to_regclass($1) AND a.amname = $2 AND i.indisvalid`, x.table, x.method).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// buildIndexes creates the indexes that are missing. Writers wait meanwhile.
func (t tables) buildIndexes(ctx context.Context, tx pgx.Tx, r *db.Rules) error {
	for _, x := range t.indexes(r) {
		name, err := indexName(ctx, tx, x)
		if err == nil && name == "" {
			err = build(ctx, tx, x.sql)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// build creates an index with several workers, or with one if the shared memory is too
// small for them, as it is in containers.
func build(ctx context.Context, tx pgx.Tx, sql string) error {
	create := func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	}
	err := pgx.BeginFunc(ctx, tx, create)
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != codeDiskFull && e.Code != codeOutOfMemory {
		return err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL max_parallel_maintenance_workers = 0`); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, tx, create)
}
