package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// writer writes documents to a collection and returns their ids.
type writer func(engine.Collection, context.Context, ...db.Document) ([]string, error)

func (s *Server) writeDocuments(ctx context.Context, in *inDocuments, write writer) (*outIDs, error) {
	if len(in.Body.Documents) == 0 {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "there are no documents").At("documents")
	}
	docs, p := s.documents(in.Body.Documents)
	if p != nil {
		return nil, p
	}
	c, err := s.collectionForWrite(ctx, in.Collection, in.Create)
	if err != nil {
		return nil, err
	}
	ids, err := write(c, ctx, docs...)
	if err != nil {
		return nil, err
	}
	return &outIDs{api.IDs{IDs: ids}}, nil
}

// inserting returns how to insert documents.
func inserting(cut *api.Chunking) writer {
	if cut == nil {
		return engine.Collection.Insert
	}
	o := cut.DB()
	return func(c engine.Collection, ctx context.Context, docs ...db.Document) ([]string, error) {
		return c.InsertChunks(ctx, o, docs...)
	}
}

// upserting returns how to upsert documents. With chunks, done is set to what the
// upsert did.
func upserting(cut *api.Chunking, done *db.Replaced) writer {
	if cut == nil {
		return engine.Collection.Upsert
	}
	o := cut.DB()
	return func(c engine.Collection, ctx context.Context, docs ...db.Document) ([]string, error) {
		r, err := c.UpsertChunks(ctx, o, docs...)
		*done = r
		return r.IDs, err
	}
}

func (s *Server) insertDocuments(ctx context.Context, in *inDocuments) (*outIDs, error) {
	return s.writeDocuments(ctx, in, inserting(in.Body.Chunk))
}

func (s *Server) upsertDocuments(ctx context.Context, in *inDocuments) (*outWritten, error) {
	var done db.Replaced
	r, err := s.writeDocuments(ctx, in, upserting(in.Body.Chunk, &done))
	if err != nil {
		return nil, err
	}
	done.IDs = r.Body.IDs
	return &outWritten{api.FromReplaced(done)}, nil
}

func (s *Server) replaceSource(ctx context.Context, in *inSource) (*outReplaced, error) {
	docs, p := s.documents(in.Body.Documents)
	if p != nil {
		return nil, p
	}
	c, err := s.collectionForWrite(ctx, in.Collection, false)
	if err != nil {
		return nil, err
	}
	r, err := c.ReplaceSource(ctx, in.Body.Source, docs...)
	return &outReplaced{r}, err
}

// collectionForWrite opens a collection, or creates it if the request says so.
func (s *Server) collectionForWrite(ctx context.Context, name string, create bool) (engine.Collection, error) {
	c, err := s.collection(ctx, name)
	if !errors.Is(err, db.ErrNoCollection) {
		return c, err
	}
	if !create {
		return nil, s.problem(ctx, err).Hint("create it with POST /v1/collections, or add ?create=true")
	}
	name = norm.NFC.String(name)
	if p := s.may(ctx, keys.Admin, name); p != nil {
		return nil, p.Hint(fmt.Sprintf("the collection %q does not exist, and creating it needs the role admin", name))
	}
	return s.open(ctx, name, nil)
}
