package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
)

// migrations bring the schema from each version to the next. They are never changed,
// only added to.
var migrations = []string{
	`CREATE TABLE frony.collections (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		name text COLLATE "C" NOT NULL,
		name_key text COLLATE "C" NOT NULL UNIQUE,
		settings jsonb NOT NULL,
		created timestamptz NOT NULL DEFAULT now(),
		documents bigint NOT NULL DEFAULT 0,
		length bigint NOT NULL DEFAULT 0
	)`,
	`CREATE TABLE frony.aliases (
		name text COLLATE "C" NOT NULL,
		name_key text COLLATE "C" PRIMARY KEY,
		collection bigint NOT NULL REFERENCES frony.collections,
		since timestamptz NOT NULL
	);
	CREATE INDEX ON frony.aliases (collection)`,
}

// Locks of the whole database, and the class of those of collections.
const (
	lockSchema     = 0x66726f6e79 // "frony"
	lockCollection = 0x66726f
)

// prepare brings the schema up to date. One process at a time does.
func prepare(ctx context.Context, config *pgx.ConnConfig, readOnly bool) error {
	c, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // its work is committed
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if readOnly {
			return checkSchema(ctx, tx)
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(lockSchema)); err != nil {
			return err
		}
		if err := extend(ctx, tx); err != nil {
			return err
		}
		return migrate(ctx, tx)
	})
}

// extend makes sure of pgvector.
func extend(ctx context.Context, tx pgx.Tx) error {
	var version string
	const installed = `SELECT extversion FROM pg_extension WHERE extname = 'vector'`
	err := tx.QueryRow(ctx, installed).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		if _, err = tx.Exec(ctx, `CREATE EXTENSION vector`); err == nil {
			err = tx.QueryRow(ctx, installed).Scan(&version)
		}
	}
	if err != nil {
		return fmt.Errorf("extension vector: %w", err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil || major == 0 && minor < 8 {
		return &db.Error{
			Input: "extension vector", Err: fmt.Errorf("version %s, want 0.8 or newer", version),
			Hint: "install a newer pgvector, and run ALTER EXTENSION vector UPDATE",
		}
	}
	return nil
}

// migrate runs the migrations that the schema does not have.
func migrate(ctx context.Context, tx pgx.Tx) error {
	var there bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass('frony.schema') IS NOT NULL`).Scan(&there); err != nil {
		return err
	}
	if !there {
		_, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS frony; CREATE TABLE frony.schema (version int NOT NULL); INSERT INTO frony.schema VALUES (0)`)
		if err != nil {
			return err
		}
	}
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		if _, err := tx.Exec(ctx, migrations[version]); err != nil {
			return fmt.Errorf("migration to version %d of the schema: %w", version+1, err)
		}
	}
	_, err = tx.Exec(ctx, `UPDATE frony.schema SET version = $1`, version)
	return err
}

func schemaVersion(ctx context.Context, tx pgx.Tx) (version int, err error) {
	if err := tx.QueryRow(ctx, `SELECT version FROM frony.schema`).Scan(&version); err != nil {
		return 0, err
	}
	if version > len(migrations) {
		return 0, &db.Error{
			Input: "schema frony", Err: fmt.Errorf("%w: its version is %d, this program knows %d", db.ErrFormat, version, len(migrations)),
			Hint: "use a newer program",
		}
	}
	return version, nil
}

// checkSchema is for a process that may not change anything.
func checkSchema(ctx context.Context, tx pgx.Tx) error {
	version, err := schemaVersion(ctx, tx)
	if err == nil && version < len(migrations) {
		err = &db.Error{
			Input: "schema frony", Err: fmt.Errorf("its version is %d, want %d", version, len(migrations)),
			Hint: "open the database once without read-only",
		}
	}
	return err
}

// tables are the names of a collection's tables.
type tables struct{ docs, words, terms, fields, numbers string }

func tablesOf(id int64) tables {
	return tables{
		docs: fmt.Sprintf("frony.docs_%d", id), words: fmt.Sprintf("frony.words_%d", id),
		terms: fmt.Sprintf("frony.terms_%d", id), fields: fmt.Sprintf("frony.fields_%d", id),
		numbers: fmt.Sprintf("frony.numbers_%d", id),
	}
}

func (t tables) drop() string {
	return fmt.Sprintf(`DROP TABLE %s, %s, %s, %s; DROP SEQUENCE %s`, t.docs, t.words, t.terms, t.fields, t.numbers)
}

// mostIndexed is the most dimensions that pgvector's graph takes as halfvec.
const mostIndexed = 4000

// head is the part of an embedding that the graph has.
func head(expr string, info *db.CollectionInfo) string {
	n := info.HeadDims
	if n < info.Dims {
		expr = fmt.Sprintf("subvector(%s, 1, %d)", expr, n)
	}
	return fmt.Sprintf("(%s::halfvec(%d))", expr, n)
}

// create has all but the indexes that a collection can be filled without.
func (t tables) create(r *db.Rules) string {
	info := r.Info()
	return strings.Join([]string{
		fmt.Sprintf(`CREATE SEQUENCE %s`, t.numbers),
		fmt.Sprintf(`CREATE TABLE %s (
			no bigint PRIMARY KEY,
			id text COLLATE "C" NOT NULL,
			id_key text COLLATE "C" NOT NULL UNIQUE,
			source text NOT NULL,
			source_key text COLLATE "C" NOT NULL,
			chunk bigint NOT NULL,
			title text NOT NULL,
			body text NOT NULL,
			metadata bytea NOT NULL,
			columns jsonb NOT NULL,
			created timestamptz NOT NULL,
			expires timestamptz,
			precomputed boolean NOT NULL,
			hash bytea NOT NULL,
			text_hash bytea NOT NULL,
			embedding vector(%d) NOT NULL
		)`, t.docs, info.Dims),
		// Terms stay in the row: every candidate's are looked at.
		fmt.Sprintf(`CREATE TABLE %s (no bigint PRIMARY KEY, length bigint NOT NULL, terms bigint[] STORAGE MAIN NOT NULL, counts smallint[] STORAGE MAIN NOT NULL)`, t.words),
		fmt.Sprintf(`CREATE TABLE %s (key bigint PRIMARY KEY, documents bigint NOT NULL) WITH (fillfactor = 70)`, t.terms),
		fmt.Sprintf(`CREATE TABLE %s (name text COLLATE "C", type text, PRIMARY KEY (name, type))`, t.fields),
		fmt.Sprintf(`CREATE INDEX ON %s (source_key) WHERE source_key <> ''`, t.docs),
		fmt.Sprintf(`CREATE INDEX ON %s (expires) WHERE expires IS NOT NULL`, t.docs),
	}, ";\n")
}

// create creates a collection, unless it exists.
func (d *DB) create(ctx context.Context, name string, r *db.Rules) error {
	settings, err := r.Settings()
	if err != nil {
		return err
	}
	return d.write(ctx, func(tx pgx.Tx) error {
		if err := room(ctx, tx, r.Limits().Collections); err != nil {
			return err
		}
		if err := lockName(ctx, tx, name); err != nil {
			return err
		}
		switch err := free(ctx, tx, name); {
		case errors.Is(err, db.ErrCollectionExists):
			return nil // it was created meanwhile
		case err != nil:
			return err
		}
		id, err := insertCollection(ctx, tx, name, settings)
		if err != nil {
			return err
		}
		t := tablesOf(id)
		if _, err = tx.Exec(ctx, t.create(r)); err != nil {
			return err
		}
		return t.buildIndexes(ctx, tx, r)
	})
}

// room returns db.ErrLimit if there may be no more collections. No other is created
// before the transaction ends.
func room(ctx context.Context, tx pgx.Tx, most int) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(lockSchema)); err != nil {
		return err
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM frony.collections`).Scan(&n); err != nil {
		return err
	}
	if n >= most {
		return fmt.Errorf("%w: the database has %d collections, and at most %d are allowed", db.ErrLimit, n, most)
	}
	return nil
}

func insertCollection(ctx context.Context, tx pgx.Tx, name string, settings []byte) (id int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO frony.collections (name, name_key, settings) VALUES ($1, $2, $3) RETURNING id`,
		name, db.Composed(name), settings).Scan(&id)
	return id, err
}
