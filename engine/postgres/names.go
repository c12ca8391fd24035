package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
)

// lockOfName is the key of the lock of a name that is being given, by its composed form.
// Whoever gives a name to a collection or an alias holds it until the transaction ends:
// the two have tables of their own, and share one space of names.
const lockOfName = `hashtextextended($1, 1)`

func lockName(ctx context.Context, tx pgx.Tx, name string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(`+lockOfName+`)`, db.Composed(name))
	return err
}

// alias finds an alias, and what it leads to.
func alias(ctx context.Context, tx pgx.Tx, name string) (a db.Alias, err error) {
	err = tx.QueryRow(ctx, `SELECT a.name, c.name, a.since FROM frony.aliases a JOIN frony.collections c ON c.id = a.collection WHERE a.name_key = $1`,
		db.Composed(name)).Scan(&a.Name, &a.Collection, &a.Since)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fmt.Errorf("%w: %q", db.ErrNoAlias, name)
	}
	return a, err
}

// free returns db.ErrCollectionExists if a name is that of a collection or an alias.
func free(ctx context.Context, tx pgx.Tx, name string) error {
	a, err := alias(ctx, tx, name)
	switch {
	case err == nil:
		return fmt.Errorf("%w: %q is an alias of %q", db.ErrCollectionExists, a.Name, a.Collection)
	case !errors.Is(err, db.ErrNoAlias):
		return err
	}
	var taken bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM frony.collections WHERE name_key = $1)`, db.Composed(name)).Scan(&taken); err != nil {
		return err
	}
	if taken {
		return fmt.Errorf("%w: %q", db.ErrCollectionExists, name)
	}
	return nil
}

// named locks a collection by its own name, and returns its number. It returns
// db.ErrAliased for an alias.
func named(ctx context.Context, tx pgx.Tx, name string) (id int64, err error) {
	err = tx.QueryRow(ctx, `SELECT id FROM frony.collections WHERE name_key = $1 FOR UPDATE`, db.Composed(name)).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	if a, err := alias(ctx, tx, name); err == nil {
		return 0, fmt.Errorf("%w: %q is an alias of %q; name the collection itself, or drop the alias", db.ErrAliased, a.Name, a.Collection)
	}
	return 0, fmt.Errorf("%w: %q", db.ErrNoCollection, name)
}

// unaliased returns db.ErrAliased if aliases lead to a collection, which is locked.
func unaliased(ctx context.Context, tx pgx.Tx, id int64, name string) error {
	rows, err := tx.Query(ctx, `SELECT name FROM frony.aliases WHERE collection = $1 ORDER BY name`, id)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		return err
	}
	lead := "leads"
	if len(names) > 1 {
		lead = "lead"
	}
	return fmt.Errorf("%w: %s %s to %q; switch or drop aliases first", db.ErrAliased, strings.Join(names, ", "), lead, name)
}

// Resolve is db.DB.Resolve. A name is returned as it is if the database cannot be reached.
func (d *DB) Resolve(name string) string {
	out := name
	_ = d.pool.QueryRow(context.Background(), `SELECT name FROM frony.collections
		WHERE name_key = $1 OR id = (SELECT collection FROM frony.aliases WHERE name_key = $1)`, db.Composed(name)).Scan(&out)
	return out
}

// Aliases is db.DB.Aliases.
func (d *DB) Aliases(ctx context.Context) (list []db.Alias, err error) {
	rows, err := d.pool.Query(ctx, `SELECT a.name, c.name, a.since FROM frony.aliases a JOIN frony.collections c ON c.id = a.collection ORDER BY a.name`)
	if err == nil {
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (a db.Alias, err error) {
			err = row.Scan(&a.Name, &a.Collection, &a.Since)
			a.Since = a.Since.UTC()
			return a, err
		})
	}
	return list, failed("list aliases", "", err)
}

// SetAlias is db.DB.SetAlias.
func (d *DB) SetAlias(ctx context.Context, name, collection string) (previous string, err error) {
	if err = db.CheckName(name); err == nil {
		err = d.write(ctx, func(tx pgx.Tx) error {
			previous, err = setAlias(ctx, tx, name, collection)
			return err
		})
	}
	return previous, failed("set alias", name, err)
}

func setAlias(ctx context.Context, tx pgx.Tx, name, collection string) (previous string, err error) {
	if err := lockName(ctx, tx, name); err != nil {
		return "", err
	}
	was, err := alias(ctx, tx, name)
	switch {
	case err == nil:
		previous = was.Collection
	case errors.Is(err, db.ErrNoAlias):
		err = free(ctx, tx, name)
	}
	if err != nil {
		return "", err
	}
	var id int64
	var to string
	err = tx.QueryRow(ctx, `SELECT id, name FROM frony.collections
		WHERE name_key = $1 OR id = (SELECT collection FROM frony.aliases WHERE name_key = $1) FOR SHARE`, db.Composed(collection)).Scan(&id, &to)
	if errors.Is(err, pgx.ErrNoRows) {
		return previous, fmt.Errorf("%w: %q", db.ErrNoCollection, collection)
	}
	if err != nil || to == previous {
		return previous, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO frony.aliases VALUES ($1, $2, $3, now())
		ON CONFLICT (name_key) DO UPDATE SET collection = excluded.collection, since = excluded.since`, name, db.Composed(name), id)
	return previous, err
}

// DropAlias is db.DB.DropAlias.
func (d *DB) DropAlias(ctx context.Context, name string) error {
	return failed("drop alias", name, d.write(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM frony.aliases WHERE name_key = $1`, db.Composed(name))
		if err == nil && tag.RowsAffected() == 0 {
			err = fmt.Errorf("%w: %q", db.ErrNoAlias, name)
		}
		return err
	}))
}

// Rename is db.DB.Rename. Handles that are open go on with the collection under the name
// that they were opened by.
func (d *DB) Rename(ctx context.Context, from, to string) error {
	err := db.CheckName(to)
	if err == nil {
		err = d.write(ctx, func(tx pgx.Tx) error {
			if err := lockName(ctx, tx, to); err != nil {
				return err
			}
			id, err := named(ctx, tx, from)
			if err != nil {
				return err
			}
			// Another normalisation of the same name is no other name.
			if from == to || db.Composed(from) != db.Composed(to) {
				if err := free(ctx, tx, to); err != nil {
					return err
				}
			}
			_, err = tx.Exec(ctx, `UPDATE frony.collections SET name = $2, name_key = $3 WHERE id = $1`, id, to, db.Composed(to))
			return err
		})
	}
	return failed("rename collection", from, err)
}
