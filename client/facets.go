package client

import (
	"context"
	"net/http"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// Facets counts the values of fields.
func (c *Collection) Facets(ctx context.Context, q db.FacetQuery) (db.Facets, error) {
	in, err := api.FromFacetQuery(&q)
	if err != nil {
		return db.Facets{}, &db.Error{Op: "facets", Err: err}
	}
	var out api.Facets
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/facets", &in, &out); err != nil {
		return db.Facets{}, err
	}
	return out.DB(), nil
}

// Fields describes the fields of the documents that meet a filter, the most frequent
// first.
func (c *Collection) Fields(ctx context.Context, where filter.Expr) ([]db.FieldInfo, error) {
	var in api.DescribeFields
	var err error
	if in.Filter, err = api.FromFilter(where); err != nil {
		return nil, &db.Error{Op: "fields", Err: err}
	}
	var out api.FieldInfos
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/fields", &in, &out); err != nil {
		return nil, err
	}
	fields := make([]db.FieldInfo, len(out.Fields))
	for i := range fields {
		fields[i] = out.Fields[i].DB()
	}
	return fields, nil
}
