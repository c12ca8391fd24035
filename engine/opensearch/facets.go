package opensearch

import (
	"context"
	"strings"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine/internal/evaluate"
)

// Facets is db.Collection.Facets. The metadata of all documents that are looked at is
// read.
func (c *Collection) Facets(ctx context.Context, q db.FacetQuery) (out db.Facets, err error) {
	err = c.CheckFacets(&q)
	if err == nil {
		err = c.reads(ctx, func(s *state) error {
			out, err = c.facets(ctx, s, q)
			return err
		})
	}
	return out, failed("facets", "", err)
}

func (c *Collection) facets(ctx context.Context, s *state, q db.FacetQuery) (db.Facets, error) {
	return evaluate.Facets(q, evaluate.FacetSource{
		Search: func(q db.Query) ([]db.Match, error) { return c.search(ctx, s, q) },
		Warnings: func(where filter.Expr, fields ...string) ([]string, error) {
			return c.warnings(ctx, s, where, fields...)
		},
		Columns: func(where filter.Expr) (*db.Columns, error) { return c.columnsOf(ctx, s, where) },
	})
}

// columnsOf are the columns of the documents that meet a filter.
func (c *Collection) columnsOf(ctx context.Context, s *state, where filter.Expr) (*db.Columns, error) {
	meets, err := c.where(ctx, s, where)
	if err != nil {
		return nil, err
	}
	columns, _, err := c.columns(ctx, meets)
	return columns, err
}

// Fields is db.Collection.Fields. The metadata of all documents that meet the filter is
// read.
func (c *Collection) Fields(ctx context.Context, where filter.Expr) (fields []db.FieldInfo, err error) {
	err = c.reads(ctx, func(s *state) error {
		columns, err := c.columnsOf(ctx, s, where)
		if err == nil {
			fields = columns.Fields()
		}
		return err
	})
	return fields, failed("fields", "", err)
}

// FilterWarnings is db.Collection.FilterWarnings.
func (c *Collection) FilterWarnings(ctx context.Context, where filter.Expr, fields ...string) (warnings []string, err error) {
	err = c.reads(ctx, func(s *state) error {
		if _, err := c.Within(where); err != nil {
			return err
		}
		warnings, err = c.warnings(ctx, s, where, fields...)
		return err
	})
	return warnings, failed("check filter", "", err)
}

// warnings are those of a filter that has been checked.
func (c *Collection) warnings(ctx context.Context, s *state, where filter.Expr, fields ...string) ([]string, error) {
	if c.Restricted() || where.Kind() == filter.KindAll && len(fields) == 0 {
		return nil, nil // a warning would tell of the others' fields
	}
	known, documents, err := c.known(ctx, s)
	if err != nil || documents == 0 {
		return nil, err
	}
	columns := db.NewColumns(false)
	for name, kinds := range known {
		for _, kind := range kinds {
			columns.Add(&db.Document{Metadata: db.Metadata{name: evaluate.Example(kind)}})
		}
	}
	columns.Add(new(db.Document)) // there are some
	return columns.Warnings(where, fields...), nil
}

// known are the fields that documents have, with the types of their values, and how many
// documents there are.
func (c *Collection) known(ctx context.Context, s *state) (fields map[string][]string, documents int, err error) {
	a, err := c.ask(ctx, object{
		"query": s.counted(), "size": 0, "track_total_hits": true,
		"aggs": object{"fields": object{"terms": object{"field": "fields", "size": mostFields}}},
	})
	if err != nil {
		return nil, 0, err
	}
	fields = map[string][]string{}
	for _, b := range a.Aggregations.Fields.Buckets {
		kind, name, _ := strings.Cut(b.Key, " ")
		fields[name] = append(fields[name], kind)
	}
	return fields, a.Hits.Total.Value, nil
}

// mostFields is OpenSearch's limit of buckets: of names of fields with their types.
const mostFields = 65_535
