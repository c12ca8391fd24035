package client

import (
	"context"
	"net/http"
	"net/url"

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
	path := c.path() + "/fields"
	if where.Kind() != filter.KindAll {
		path += "?" + url.Values{"filter": {where.String()}}.Encode()
	}
	var out api.FieldInfos
	if err := c.c.do(ctx, http.MethodGet, path, nil, &out); err != nil {
		return nil, err
	}
	fields := make([]db.FieldInfo, len(out.Fields))
	for i := range fields {
		fields[i] = out.Fields[i].DB()
	}
	return fields, nil
}
