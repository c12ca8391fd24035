package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// Facets is db.Collection.Facets. The metadata of all documents that are looked at is
// read.
func (c *Collection) Facets(ctx context.Context, q db.FacetQuery) (out db.Facets, err error) {
	err = c.CheckFacets(&q)
	if err == nil {
		err = c.d.read(ctx, func(tx pgx.Tx) error {
			out, err = c.facets(ctx, tx, q)
			return err
		})
	}
	return out, failed("facets", "", err)
}

func (c *Collection) facets(ctx context.Context, tx pgx.Tx, q db.FacetQuery) (db.Facets, error) {
	return evaluate.Facets(q, evaluate.FacetSource{
		Search: func(q db.Query) ([]db.Match, error) { return c.search(ctx, tx, q) },
		Warnings: func(where filter.Expr, fields ...string) ([]string, error) {
			return c.warnings(ctx, tx, where, fields...)
		},
		Columns: func(where filter.Expr) (*db.Columns, error) { return c.columnsOf(ctx, tx, where) },
	})
}

// columnsOf are the columns of the documents that meet a filter.
func (c *Collection) columnsOf(ctx context.Context, tx pgx.Tx, where filter.Expr) (*db.Columns, error) {
	meets, err := c.where(ctx, tx, where)
	if err != nil {
		return nil, err
	}
	columns, _, err := c.columns(ctx, tx, meets)
	return columns, err
}

// Fields is db.Collection.Fields. The metadata of all documents that meet the filter is
// read.
func (c *Collection) Fields(ctx context.Context, where filter.Expr) (fields []db.FieldInfo, err error) {
	err = c.d.read(ctx, func(tx pgx.Tx) error {
		columns, err := c.columnsOf(ctx, tx, where)
		if err == nil {
			fields = columns.Fields()
		}
		return err
	})
	return fields, failed("fields", "", err)
}

// FilterWarnings is db.Collection.FilterWarnings. A field that all documents have lost
// counts as one that they have.
func (c *Collection) FilterWarnings(ctx context.Context, where filter.Expr, fields ...string) (warnings []string, err error) {
	err = c.d.read(ctx, func(tx pgx.Tx) error {
		if _, err := c.Within(where); err != nil {
			return err
		}
		warnings, err = c.warnings(ctx, tx, where, fields...)
		return err
	})
	return warnings, failed("check filter", "", err)
}

// warnings are those of a filter that has been checked.
func (c *Collection) warnings(ctx context.Context, tx pgx.Tx, where filter.Expr, fields ...string) ([]string, error) {
	if c.Restricted() || where.Kind() == filter.KindAll && len(fields) == 0 {
		return nil, nil // a warning would tell of the others' fields
	}
	rows, err := tx.Query(ctx, `SELECT name, type FROM `+c.t.fields)
	if err != nil {
		return nil, err
	}
	columns := db.NewColumns(false)
	err = each(rows, func() error {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return err
		}
		columns.Add(&db.Document{Metadata: db.Metadata{name: evaluate.Example(kind)}})
		return nil
	})
	if err != nil || columns.Len() == 0 && c.empty(ctx, tx) {
		return nil, err
	}
	columns.Add(new(db.Document)) // there are some
	return columns.Warnings(where, fields...), nil
}

// empty reports whether there are no documents.
func (c *Collection) empty(ctx context.Context, tx pgx.Tx) (empty bool) {
	err := tx.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM `+c.t.docs+`)`).Scan(&empty)
	return err != nil || empty
}
