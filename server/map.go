package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

type (
	inMap struct {
		CollectionPath
		Body api.MapQuery
	}
	outMap struct{ Body api.CollectionMap }
)

func (s *Server) mapRoute() {
	register(s, huma.Operation{
		OperationID: "map", Method: http.MethodPost, Path: "/v1/collections/{collection}/map", Tags: []string{"map"},
		Summary:     "Draw documents as points of a plane",
		Description: "The embeddings, projected onto the plane on which those of a sample differ most: their first two principal components.",
	}, keys.Read, s.drawMap)
}

func (s *Server) drawMap(ctx context.Context, in *inMap) (*outMap, error) {
	q, err := in.Body.DB(s.filterLimits())
	if err != nil {
		return nil, problem.Of(err)
	}
	if p := s.checkText(q.Text, "text"); p != nil {
		return nil, p
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	drawer, err := engine.As[engine.Mapper](c, "map")
	if err != nil {
		return nil, err
	}
	m, err := drawer.Map(ctx, q)
	if err != nil {
		return nil, err
	}
	return &outMap{api.FromMap(&m)}, nil
}
