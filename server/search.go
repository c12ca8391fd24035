package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

type (
	inSearch struct {
		CollectionPath
		Body api.Query
	}
	inSearchURL struct {
		CollectionPath
		api.URLQuery
	}
	outSearch     struct{ Body api.Result }
	inSearchBatch struct {
		CollectionPath
		Body api.SearchBatch
	}
	outSearchBatch struct{ Body api.Results }
)

func (s *Server) searchRoutes() {
	tags := []string{"search"}
	register(s, huma.Operation{
		OperationID: "search", Method: http.MethodPost, Path: "/v1/collections/{collection}/search", Tags: tags,
		Summary: "Search a collection",
	}, keys.Read, s.searchOne)
	register(s, huma.Operation{
		OperationID: "search-by-url", Method: http.MethodGet, Path: "/v1/collections/{collection}/search", Tags: tags,
		Summary: "Search a collection, from a browser or curl", Description: "The fields of a query that fit a URL.",
	}, keys.Read, s.searchByURL)
	register(s, huma.Operation{
		OperationID: "search-collections", Method: http.MethodPost, Path: "/v1/search", Tags: tags,
		Summary:     "Search several collections of one model",
		Description: "The results are merged by score, and each names its collection. per_source and group_by count within each collection.",
	}, keys.Read, s.searchAll)
	register(s, huma.Operation{
		OperationID: "search-batch", Method: http.MethodPost, Path: "/v1/collections/{collection}/search/batch", Tags: tags,
		Summary: "Run several queries", Description: "If one query fails, all do; param names it.",
	}, keys.Read, s.searchBatch)
}

func (s *Server) searchOne(ctx context.Context, in *inSearch) (*outSearch, error) {
	return s.searchIn(ctx, in.Collection, &in.Body)
}

func (s *Server) searchByURL(ctx context.Context, in *inSearchURL) (*outSearch, error) {
	q := in.Query()
	return s.searchIn(ctx, in.Collection, &q)
}

func (s *Server) searchIn(ctx context.Context, collection string, in *api.Query) (*outSearch, error) {
	q, p := s.query(in, "")
	if p != nil {
		return nil, p
	}
	c, err := s.collection(ctx, collection)
	if err != nil {
		return nil, err
	}
	r, err := s.find(ctx, c, q)
	if err != nil {
		return nil, err
	}
	return &outSearch{*r}, nil
}

func (s *Server) searchBatch(ctx context.Context, in *inSearchBatch) (*outSearchBatch, error) {
	if p := over("queries", len(in.Body.Queries), s.opts.Limits.Queries, "queries"); p != nil {
		return nil, p
	}
	param := func(i int) string { return fmt.Sprintf("queries[%d]", i) }
	queries := make([]db.Query, len(in.Body.Queries))
	for i := range queries {
		var p *problem.Problem
		if queries[i], p = s.query(&in.Body.Queries[i], param(i)); p != nil {
			return nil, p
		}
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	var out outSearchBatch
	for i, q := range queries {
		r, err := s.find(ctx, c, q)
		if err != nil {
			return nil, s.problem(ctx, err).Within(param(i))
		}
		out.Body.Results = append(out.Body.Results, *r)
	}
	return &out, nil
}

// spanSize is about what a marked word takes in an answer.
const spanSize = 28

// find runs a query and makes its answer.
func (s *Server) find(ctx context.Context, c engine.Collection, q db.Query) (*api.Result, error) {
	return s.answer(ctx, &q, func() ([]db.Match, error) { return s.matches(ctx, c, q) })
}

// answer makes the answer of a search, if it is not too large.
func (s *Server) answer(ctx context.Context, q *db.Query, search func() ([]db.Match, error)) (*api.Result, error) {
	var t db.Trace
	q.Trace = &t
	matches, err := search()
	if err != nil {
		return nil, err
	}
	p := s.fits(ctx, func(yield func(*db.Document) bool) {
		for i := range matches {
			m := &matches[i]
			if m.Snippet != nil {
				callOf(ctx).size += int64(len(m.Snippet.Text) + spanSize*len(m.Snippet.Highlights))
			}
			if m.Context != nil {
				callOf(ctx).size += int64(len(m.Context.Text))
			}
			callOf(ctx).size += spanSize * int64(len(m.Highlights))
			if !yield(&m.Document) {
				return
			}
		}
	})
	if p != nil {
		return nil, p
	}
	r := api.FromResult(matches, &t)
	return &r, nil
}

// matches runs a query.
func (s *Server) matches(ctx context.Context, c engine.Collection, q db.Query) ([]db.Match, error) {
	return s.observed(ctx, c.Name(), q, func(q db.Query) ([]db.Match, error) { return c.Search(ctx, q) })
}

// observed runs a query and observes it. name is that of the collection, or of several.
func (s *Server) observed(ctx context.Context, name string, q db.Query, search func(db.Query) ([]db.Match, error)) ([]db.Match, error) {
	if q.Trace == nil {
		q.Trace = new(db.Trace)
	}
	q.MaxBytes = s.opts.Limits.Answers / 2 // as much as one client may have
	start := time.Now()
	matches, err := search(q)
	if err != nil {
		return nil, err
	}
	s.metrics.searched(q.Trace)
	s.spanSearch(ctx, name, start, q.Trace)
	return matches, nil
}
