package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
)

type inSearchAll struct{ Body api.SearchAll }

func (s *Server) searchAll(ctx context.Context, in *inSearchAll) (*outSearch, error) {
	q, p := s.query(&in.Body.Query, "query")
	if p != nil {
		return nil, p
	}
	r, err := s.findAll(ctx, in.Body.Collections, q, "collections")
	if errors.Is(err, db.ErrInvalidQuery) {
		return nil, s.problem(ctx, err).Within("query")
	}
	if err != nil {
		return nil, err
	}
	return &outSearch{*r}, nil
}

// findAll searches several collections and makes the answer.
func (s *Server) findAll(ctx context.Context, patterns []string, q db.Query, param string) (*api.Result, error) {
	joiner, err := engine.As[engine.Joiner](s.db, "search of several collections")
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, &q, func() ([]db.Match, error) {
		const tries = 5
		for try := 1; ; try++ {
			list, err := s.selected(ctx, joiner, patterns, param)
			if err != nil {
				return nil, err
			}
			var names []string
			for _, c := range list {
				names = append(names, c.Name())
			}
			matches, err := s.observed(ctx, strings.Join(names, ","), q, func(q db.Query) ([]db.Match, error) {
				return joiner.SearchAll(ctx, q, list...)
			})
			if errors.Is(err, db.ErrClosed) && try < tries && s.state.Load() != stateStopping {
				continue // one has been dropped since, and a pattern may do without it
			}
			return matches, err
		}
	})
}

// selected opens the collections that patterns mean and the request's key is for. A name
// of another collection is refused, as it is elsewhere; a pattern passes over it.
func (s *Server) selected(ctx context.Context, joiner engine.Joiner, patterns []string, param string) (list []engine.Collection, err error) {
	sees := func(name string) bool { return s.may(ctx, keys.Read, name) == nil }
	var names []string
	for i, pattern := range patterns {
		at := fmt.Sprintf("%s[%d]", param, i)
		if !strings.HasSuffix(pattern, "*") {
			if _, p := s.target(ctx, keys.Read, pattern); p != nil {
				return nil, p.At(at)
			}
		}
		some, err := joiner.Select(ctx, pattern, sees)
		if err != nil {
			return nil, s.problem(ctx, err).At(at)
		}
		for _, name := range some {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if p := over("collections", len(names), db.MaxSearchAll, param); p != nil {
		return nil, p
	}
	for _, name := range names {
		c, err := s.collection(ctx, name)
		if errors.Is(err, db.ErrNoCollection) {
			continue // just dropped
		}
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if list == nil {
		return nil, db.ErrNoCollection
	}
	return list, nil
}
