package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/keys"
)

type (
	inUpdate struct {
		CollectionPath
		Body api.UpdateDocuments
	}
	inUpdateOne struct {
		CollectionPath
		ID   string `path:"id" doc:"The document's id"`
		Body api.Patch
	}
	outUpdated struct{ Body api.Updated }
)

func (s *Server) updateRoutes(path string, tags []string) {
	register(s, huma.Operation{
		OperationID: "update-document", Method: http.MethodPatch, Path: path + "/{id}", Tags: tags,
		Summary:     "Change metadata, source or expiry of a document",
		Description: "The text stays, and is not embedded again. What the request does not name stays, too.",
	}, keys.Write, s.updateDocument)
	register(s, huma.Operation{
		OperationID: "update-documents", Method: http.MethodPatch, Path: path, Tags: tags,
		Summary:     "Change metadata, source or expiry of documents by their ids or by a filter",
		Description: "Exactly one of ids and filter must be set. Documents by their ids are changed in one transaction; the filter TRUE changes all.",
	}, keys.Write, s.updateDocuments)
}

func (s *Server) updateDocument(ctx context.Context, in *inUpdateOne) (*outUpdated, error) {
	patch, err := in.Body.DB()
	if err != nil {
		return nil, err
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	if err := c.Update(ctx, in.ID, patch); err != nil {
		return nil, err
	}
	return &outUpdated{api.Updated{Updated: 1}}, nil
}

func (s *Server) updateDocuments(ctx context.Context, in *inUpdate) (*outUpdated, error) {
	where, err := s.chosen(in.Body.IDs, in.Body.Filter)
	if err != nil {
		return nil, err
	}
	patch, err := in.Body.DB()
	if err != nil {
		return nil, err
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	var out outUpdated
	if in.Body.IDs == nil {
		if out.Body.Warnings, err = c.FilterWarnings(ctx, where); err == nil {
			out.Body.Updated, err = c.UpdateWhere(ctx, where, patch)
		}
		return &out, err
	}
	out.Body.Updated, err = c.UpdateIDs(ctx, patch, in.Body.IDs...)
	if !errors.Is(err, db.ErrNotFound) {
		return &out, err
	}
	docs, err := c.GetFields(ctx, db.FieldsNone, in.Body.IDs...)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, err
	}
	out.Body.Missing = missing(in.Body.IDs, docs)
	return &out, nil
}
