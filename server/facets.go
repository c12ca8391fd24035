package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

type (
	inFacets struct {
		CollectionPath
		Body api.FacetQuery
	}
	outFacets struct{ Body api.Facets }
	inFields  struct {
		CollectionPath
		Filter string `query:"filter" doc:"A condition in the filter language, or its JSON form" example:"lang = \"ko\""`
	}
	inFieldsBody struct {
		CollectionPath
		Body api.DescribeFields
	}
	outFields struct{ Body api.FieldInfos }
)

func (s *Server) facetRoutes() {
	tags := []string{"facets"}
	register(s, huma.Operation{
		OperationID: "facets", Method: http.MethodPost, Path: "/v1/collections/{collection}/facets", Tags: tags,
		Summary:     "Count the values of fields",
		Description: "In all documents, in those that meet a filter, or in the results of a search. The answer also has the least and the greatest number and time.",
	}, keys.Read, s.facets)
	register(s, huma.Operation{
		OperationID: "fields", Method: http.MethodGet, Path: "/v1/collections/{collection}/fields", Tags: tags,
		Summary: "Describe the fields of the metadata: types, shares, examples",
	}, keys.Read, s.fieldsByURL)
	register(s, huma.Operation{
		OperationID: "fields-by-body", Method: http.MethodPost, Path: "/v1/collections/{collection}/fields", Tags: tags,
		Summary: "Describe the fields of the metadata, with a filter of any length",
	}, keys.Read, s.fieldsByBody)
}

func (s *Server) facets(ctx context.Context, in *inFacets) (*outFacets, error) {
	q, err := in.Body.DB(s.filterLimits())
	if err != nil {
		return nil, problem.Of(err)
	}
	if q.Search != nil {
		if p := s.bound(q.Search, "search"); p != nil {
			return nil, p
		}
	}
	return s.countValues(ctx, in.Collection, q)
}

// countValues answers a query whose search has been checked against the limits.
func (s *Server) countValues(ctx context.Context, collection string, q db.FacetQuery) (*outFacets, error) {
	if p := checkBounds("", bounded{"top", q.Top, s.opts.Limits.K}); p != nil {
		return nil, p
	}
	c, err := s.collection(ctx, collection)
	if err != nil {
		return nil, err
	}
	f, err := c.Facets(ctx, q)
	if err != nil {
		return nil, err
	}
	return &outFacets{api.FromFacets(&f)}, nil
}

func (s *Server) fieldsByURL(ctx context.Context, in *inFields) (*outFields, error) {
	return s.fields(ctx, in.Collection, api.AnyFilter(in.Filter))
}

func (s *Server) fieldsByBody(ctx context.Context, in *inFieldsBody) (*outFields, error) {
	return s.fields(ctx, in.Collection, in.Body.Filter)
}

func (s *Server) fields(ctx context.Context, collection string, wire api.Filter) (*outFields, error) {
	where, err := wire.Expr(s.filterLimits())
	if err != nil {
		return nil, err
	}
	c, err := s.collection(ctx, collection)
	if err != nil {
		return nil, err
	}
	var out outFields
	if out.Body.Warnings, err = c.FilterWarnings(ctx, where); err != nil {
		return nil, err
	}
	fields, err := c.Fields(ctx, where)
	if err != nil {
		return nil, err
	}
	out.Body.Fields = make([]api.FieldInfo, len(fields))
	for i := range fields {
		out.Body.Fields[i] = api.FromFieldInfo(&fields[i])
	}
	return &out, nil
}
