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
	outScan    struct{ Body api.Page }
	inScanBody struct {
		CollectionPath
		Body api.ScanRequest
	}
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
		Description: "A document replaces all of the one with its id, metadata included; PATCH changes some of it. Documents whose text has not changed are not embedded again. With chunk, long texts are cut: the chunks of a document have its id as their source.",
	}, keys.Write, s.upsertDocuments)
	register(s, huma.Operation{
		OperationID: "replace-source", Method: http.MethodPost, Path: path + "/source", Tags: tags,
		Summary:     "Replace all documents of a source, in one transaction",
		Description: "The documents are inserted or replaced, and all others of the source are deleted.",
	}, keys.Write, s.replaceSource)
	register(s, huma.Operation{
		OperationID: "scan-documents", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "Read documents page by page, in order of their ids or sorted by fields",
	}, keys.Read, s.scanDocuments)
	register(s, huma.Operation{
		OperationID: "scan-documents-by-body", Method: http.MethodPost, Path: path + "/scan", Tags: tags,
		Summary: "Read documents page by page, with a filter of any length",
	}, keys.Read, s.scanByBody)
	register(s, huma.Operation{
		OperationID: "get-document", Method: http.MethodGet, Path: path + "/{id}", Tags: tags,
		Summary: "Read a document",
	}, keys.Read, s.getDocument)
	register(s, huma.Operation{
		OperationID: "delete-document", Method: http.MethodDelete, Path: path + "/{id}", Tags: tags,
		Summary: "Delete a document", Description: "If there is no document with this id, deleted is 0.",
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
	s.updateRoutes(path, tags)
	s.uploadRoute(path + "/upload")
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
	if p := over("ids", len(in.Body.IDs), s.opts.Limits.Batch, "ids"); p != nil {
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
	p := s.fits(ctx, func(yield func(*db.Document) bool) {
		for i := range docs {
			if !yield(&docs[i]) {
				return
			}
		}
	})
	if p != nil {
		return nil, p
	}
	var out outGet
	for i := range docs {
		out.Body.Documents = append(out.Body.Documents, api.FromStored(&docs[i]))
	}
	out.Body.Missing = missing(in.Body.IDs, docs)
	return &out, nil
}

// missing returns those of ids that no document has.
func missing(ids []string, docs []db.Document) (missing []string) {
	there := make(map[string]bool, len(docs))
	for i := range docs {
		there[norm.NFC.String(docs[i].ID)] = true
	}
	for _, id := range ids {
		if !there[norm.NFC.String(id)] {
			missing = append(missing, id)
		}
	}
	return missing
}

func (s *Server) scanDocuments(ctx context.Context, in *inScan) (*outScan, error) {
	if p := over("documents in a page", in.Limit, s.opts.Limits.Batch, "limit"); p != nil {
		return nil, p
	}
	scan, err := in.DB(s.filterLimits())
	if err != nil {
		return nil, err
	}
	return s.scan(ctx, in.Collection, scan)
}

func (s *Server) scanByBody(ctx context.Context, in *inScanBody) (*outScan, error) {
	if p := over("documents in a page", in.Body.Limit, s.opts.Limits.Batch, "limit"); p != nil {
		return nil, p
	}
	scan, err := in.Body.DB(s.filterLimits())
	if err != nil {
		return nil, err
	}
	return s.scan(ctx, in.Collection, scan)
}

// scan reads a page.
func (s *Server) scan(ctx context.Context, collection string, scan db.Scan) (*outScan, error) {
	limit := scan.Limit
	scan.Limit++ // one more says whether there is another page
	c, err := s.collection(ctx, collection)
	if err != nil {
		return nil, err
	}
	var out outScan
	var fields []string
	for _, k := range scan.Sort {
		fields = append(fields, k.Field)
	}
	if out.Body.Warnings, err = c.FilterWarnings(ctx, scan.Filter, fields...); err != nil {
		return nil, err
	}
	var size int64
	var last db.Document
	for d, err := range c.Scan(ctx, scan) {
		if err != nil {
			return nil, err
		}
		// A page of large documents ends early: even if every byte must be escaped, it fits
		// an answer.
		if n := len(out.Body.Documents); n == limit || n > 0 && size > s.opts.Limits.AnswerBytes/8 {
			next := scan.Next(&last)
			out.Body.Next = api.FromScan(&next).Cursor
			break
		}
		size += answerSize(&d)
		last = d
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
	if out.Body.Warnings, err = c.FilterWarnings(ctx, where); err != nil {
		return nil, err
	}
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
	where, err := s.chosen(in.Body.IDs, in.Body.Filter)
	if err != nil {
		return nil, err
	}
	return s.delete(ctx, in.Collection, in.Body.IDs, where)
}

// chosen checks that a request has either ids or a filter, and parses the filter.
func (s *Server) chosen(ids []string, f api.Filter) (filter.Expr, error) {
	if (ids == nil) == (len(f) == 0) {
		return filter.None(), problem.Refuse(http.StatusBadRequest, "invalid_request", "want either ids or a filter")
	}
	if p := over("ids", len(ids), s.opts.Limits.Batch, "ids"); p != nil {
		return filter.None(), p
	}
	return f.Expr(s.filterLimits())
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
	} else if out.Body.Warnings, err = c.FilterWarnings(ctx, where); err == nil {
		out.Body.Deleted, err = c.DeleteWhere(ctx, where)
	}
	return &out, err
}
