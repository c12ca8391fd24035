package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

type (
	inDocuments struct {
		CollectionPath
		Create bool `query:"create" doc:"Create the collection if it does not exist; needs the role admin"`
		Body   api.WriteDocuments
	}
	outIDs     struct{ Body api.IDs }
	outWritten struct{ Body api.Written }
	inSource   struct {
		CollectionPath
		Body api.ReplaceSource
	}
	outReplaced struct{ Body api.Replaced }
	inDocument  struct {
		CollectionPath
		ID     string     `path:"id" doc:"The document's id"`
		Fields api.Fields `query:"fields" doc:"Parts to return, such as text,metadata,embedding; text and metadata if missing"`
	}
	outDocument struct{ Body api.StoredDocument }
	inGet       struct {
		CollectionPath
		Body api.GetDocuments
	}
	outGet struct{ Body api.FoundDocuments }
	inScan struct {
		CollectionPath
		api.Scan
	}
	outScan  struct{ Body api.Page }
	inDelete struct {
		CollectionPath
		Body api.DeleteDocuments
	}
	outDeleted struct{ Body api.Deleted }
	inCount    struct {
		CollectionPath
		Body api.CountDocuments
	}
	outCount struct{ Body api.Count }
)

func (s *Server) documentRoutes() {
	const path = "/v1/collections/{collection}/documents"
	tags := []string{"documents"}
	register(s, huma.Operation{
		OperationID: "insert-documents", Method: http.MethodPost, Path: path, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary:     "Insert documents, all or none",
		Description: "An existing id is an error. With an Idempotency-Key the request can be repeated safely. With chunk, long texts are cut, and an id exists if chunks of it do.",
	}, keys.Write, s.insertDocuments)
	register(s, huma.Operation{
		OperationID: "upsert-documents", Method: http.MethodPut, Path: path, Tags: tags,
		Summary:     "Insert or replace documents, all or none",
		Description: "Documents whose text has not changed are not embedded again. With chunk, long texts are cut: the chunks of a document have its id as their source.",
	}, keys.Write, s.upsertDocuments)
	register(s, huma.Operation{
		OperationID: "replace-source", Method: http.MethodPost, Path: path + "/source", Tags: tags,
		Summary:     "Replace all documents of a source, in one transaction",
		Description: "The documents are inserted or replaced, and all others of the source are deleted.",
	}, keys.Write, s.replaceSource)
	register(s, huma.Operation{
		OperationID: "scan-documents", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "Read documents page by page",
	}, keys.Read, s.scanDocuments)
	register(s, huma.Operation{
		OperationID: "get-document", Method: http.MethodGet, Path: path + "/{id}", Tags: tags,
		Summary: "Read a document",
	}, keys.Read, s.getDocument)
	register(s, huma.Operation{
		OperationID: "delete-document", Method: http.MethodDelete, Path: path + "/{id}", Tags: tags,
		Summary: "Delete a document", Description: "An unknown id is no error: deleted is 0.",
	}, keys.Write, s.deleteDocument)
	register(s, huma.Operation{
		OperationID: "get-documents", Method: http.MethodPost, Path: path + "/get", Tags: tags,
		Summary: "Read documents by their ids",
	}, keys.Read, s.getDocuments)
	register(s, huma.Operation{
		OperationID: "count-documents", Method: http.MethodPost, Path: path + "/count", Tags: tags,
		Summary: "Count the documents that meet a filter",
	}, keys.Read, s.countDocuments)
	register(s, huma.Operation{
		OperationID: "delete-documents", Method: http.MethodPost, Path: path + "/delete", Tags: tags,
		Summary:     "Delete documents by their ids or by a filter",
		Description: "Exactly one of ids and filter must be set. The filter TRUE deletes everything.",
	}, keys.Write, s.deleteDocuments)
	s.uploadRoute(path + "/upload")
}

type writer func(*db.Collection, context.Context, ...db.Document) ([]string, error)

func (s *Server) writeDocuments(ctx context.Context, in *inDocuments, write writer) (*outIDs, error) {
	if len(in.Body.Documents) == 0 {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "there are no documents").At("body.documents")
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
		return (*db.Collection).Insert
	}
	o := cut.DB()
	return func(c *db.Collection, ctx context.Context, docs ...db.Document) ([]string, error) {
		return c.InsertChunks(ctx, o, docs...)
	}
}

// upserting returns how to upsert documents. With chunks, done is set to what the
// upsert did.
func upserting(cut *api.Chunking, done *db.Replaced) writer {
	if cut == nil {
		return (*db.Collection).Upsert
	}
	o := cut.DB()
	return func(c *db.Collection, ctx context.Context, docs ...db.Document) ([]string, error) {
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
func (s *Server) collectionForWrite(ctx context.Context, name string, create bool) (*db.Collection, error) {
	c, err := s.collection(ctx, name)
	if !errors.Is(err, db.ErrNoCollection) {
		return c, err
	}
	if !create {
		return nil, s.problem(ctx, err).Hint("create it with POST /v1/collections, or add ?create=true")
	}
	name = norm.NFC.String(name)
	if p := s.may(ctx, keys.Admin, name); p != nil {
		return nil, p
	}
	return s.db.Collection(ctx, name, nil)
}

func (s *Server) getDocument(ctx context.Context, in *inDocument) (*outDocument, error) {
	fields, err := in.Fields.DB()
	if err != nil {
		return nil, err
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	docs, err := c.GetFields(ctx, fields, in.ID)
	if err != nil {
		return nil, err
	}
	return &outDocument{api.FromStored(&docs[0])}, nil
}

func (s *Server) getDocuments(ctx context.Context, in *inGet) (*outGet, error) {
	if p := over("ids", len(in.Body.IDs), s.opts.Limits.Batch, "body.ids"); p != nil {
		return nil, p
	}
	fields, err := in.Body.Fields.DB()
	if err != nil {
		return nil, err
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	docs, err := c.GetFields(ctx, fields, in.Body.IDs...)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, err
	}
	var out outGet
	there := make(map[string]bool, len(docs))
	for i := range docs {
		there[docs[i].ID] = true
		out.Body.Documents = append(out.Body.Documents, api.FromStored(&docs[i]))
	}
	for _, id := range in.Body.IDs {
		if !there[id] {
			out.Body.Missing = append(out.Body.Missing, id)
		}
	}
	return &out, nil
}

func (s *Server) scanDocuments(ctx context.Context, in *inScan) (*outScan, error) {
	if p := over("documents in a page", in.Limit, s.opts.Limits.Batch, "query.limit"); p != nil {
		return nil, p
	}
	scan, err := in.DB(s.filterLimits())
	if err != nil {
		return nil, err
	}
	scan.Limit++ // one more says whether there is another page
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	var out outScan
	for d, err := range c.Scan(ctx, scan) {
		if err != nil {
			return nil, err
		}
		if n := len(out.Body.Documents); n == in.Limit {
			out.Body.Next = api.EncodeCursor(out.Body.Documents[n-1].ID)
			break
		}
		out.Body.Documents = append(out.Body.Documents, api.FromStored(&d))
	}
	return &out, nil
}

func (s *Server) countDocuments(ctx context.Context, in *inCount) (*outCount, error) {
	where, err := in.Body.Filter.Expr(s.filterLimits())
	if err != nil {
		return nil, err
	}
	c, err := s.collection(ctx, in.Collection)
	if err != nil {
		return nil, err
	}
	var out outCount
	out.Body.Count, err = c.Count(ctx, where)
	return &out, err
}

func (s *Server) deleteDocument(ctx context.Context, in *struct {
	CollectionPath
	ID string `path:"id" doc:"The document's id"`
},
) (*outDeleted, error) {
	return s.delete(ctx, in.Collection, []string{in.ID}, filter.None())
}

func (s *Server) deleteDocuments(ctx context.Context, in *inDelete) (*outDeleted, error) {
	if (in.Body.IDs == nil) == (len(in.Body.Filter) == 0) {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "want either ids or a filter").At("body")
	}
	if p := over("ids", len(in.Body.IDs), s.opts.Limits.Batch, "body.ids"); p != nil {
		return nil, p
	}
	where, err := in.Body.Filter.Expr(s.filterLimits())
	if err != nil {
		return nil, err
	}
	return s.delete(ctx, in.Collection, in.Body.IDs, where)
}

// delete deletes by ids, or by a filter if ids is nil.
func (s *Server) delete(ctx context.Context, collection string, ids []string, where filter.Expr) (*outDeleted, error) {
	c, err := s.collection(ctx, collection)
	if err != nil {
		return nil, err
	}
	var out outDeleted
	if ids != nil {
		out.Body.Deleted, err = c.Delete(ctx, ids...)
	} else {
		out.Body.Deleted, err = c.DeleteWhere(ctx, where)
	}
	return &out, err
}
