package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
)

// pageSize is the number of documents in a page of a scan.
const pageSize = 500

// Collection is a collection at a server. Its methods are those of
// db.Collection, and may be called concurrently.
type Collection struct {
	c    *Client
	name string
}

// Name is the collection's name.
func (c *Collection) Name() string { return c.name }

func (c *Collection) path() string { return "/v1/collections/" + url.PathEscape(c.name) }

// Insert adds documents, all or none, and returns their ids in order. An existing id
// is db.ErrExists.
func (c *Collection) Insert(ctx context.Context, docs ...db.Document) ([]string, error) {
	return c.write(ctx, http.MethodPost, docs)
}

// Upsert adds or replaces documents, all or none, and returns their ids in order.
// Documents without an id get one here, so that a request that is sent twice does not
// write twice.
func (c *Collection) Upsert(ctx context.Context, docs ...db.Document) ([]string, error) {
	return c.write(ctx, http.MethodPut, docs)
}

// UpsertChunks stores documents in chunks, replacing all that was stored of documents
// with these ids. The server's model counts tokens: o.Count must be nil.
func (c *Collection) UpsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) (db.Replaced, error) {
	return c.writeChunks(ctx, "upsert chunks", http.MethodPut, o, docs)
}

// InsertChunks adds documents in chunks, all or none, and returns the ids of the
// chunks in order. A document that exists, whole or in chunks, is db.ErrExists. The
// server's model counts tokens: o.Count must be nil.
func (c *Collection) InsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) ([]string, error) {
	out, err := c.writeChunks(ctx, "insert chunks", http.MethodPost, o, docs)
	return out.IDs, err
}

// writeChunks sends documents to be cut. The answer to an insert has ids only.
func (c *Collection) writeChunks(ctx context.Context, op, method string, o chunk.Options, docs []db.Document) (db.Replaced, error) {
	cut, err := api.FromChunkOptions(o)
	if err != nil {
		return db.Replaced{}, &db.Error{Op: op, Err: err}
	}
	if len(docs) == 0 {
		return db.Replaced{}, nil
	}
	var out api.Written
	err = c.c.do(ctx, method, c.path()+"/documents", api.WriteDocuments{Documents: toWire(method, docs), Chunk: &cut}, &out)
	return out.DB(), err
}

// toWire is documents to write. Those that are put get an id here, so that a
// request that is sent twice does not write twice.
func toWire(method string, docs []db.Document) []api.Document {
	wire := make([]api.Document, len(docs))
	for i := range docs {
		wire[i] = api.FromDocument(&docs[i])
		if wire[i].ID == "" && method == http.MethodPut {
			wire[i].ID = newID()
		}
	}
	return wire
}

func (c *Collection) write(ctx context.Context, method string, docs []db.Document) ([]string, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	var out api.IDs
	err := c.c.do(ctx, method, c.path()+"/documents", api.WriteDocuments{Documents: toWire(method, docs)}, &out)
	return out.IDs, err
}

// ReplaceSource replaces all documents of a source, in one transaction: docs are
// inserted or replaced, and other documents with that Source are deleted. Without
// docs the source is deleted.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...db.Document) (db.Replaced, error) {
	var out api.Replaced
	err := c.c.do(ctx, http.MethodPost, c.path()+"/documents/source", api.ReplaceSource{Source: source, Documents: toWire(http.MethodPost, docs)}, &out)
	return out, err
}

// Get returns documents by their ids, in order, with text and metadata. If some are
// missing, it returns the others and db.ErrNotFound, which names the missing ids.
func (c *Collection) Get(ctx context.Context, ids ...string) ([]db.Document, error) {
	return c.GetFields(ctx, db.FieldsDefault, ids...)
}

// GetFields is Get with a choice of what to read. Many ids are sent in several
// requests.
func (c *Collection) GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error) {
	docs := make([]db.Document, 0, len(ids))
	var missing []string
	for page := range slices.Chunk(ids, pageSize) {
		out, err := c.found(ctx, api.GetDocuments{IDs: page, Fields: api.FromFields(fields)})
		if err != nil {
			return docs, err
		}
		for i := range out.Documents {
			docs = append(docs, out.Documents[i].DB())
		}
		missing = append(missing, out.Missing...)
	}
	if len(missing) > 0 {
		return docs, db.Wrap("get", "", db.NotFound(missing...))
	}
	return docs, nil
}

// found asks for documents. If they are too large for one answer, it asks for half as
// many at a time.
func (c *Collection) found(ctx context.Context, in api.GetDocuments) (out api.FoundDocuments, err error) {
	err = c.c.do(ctx, http.MethodPost, c.path()+"/documents/get", in, &out)
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != codeAnswerTooLarge || len(in.IDs) < 2 {
		return out, err
	}
	half := len(in.IDs) / 2
	first, err := c.found(ctx, api.GetDocuments{IDs: in.IDs[:half], Fields: in.Fields})
	if err != nil {
		return first, err
	}
	second, err := c.found(ctx, api.GetDocuments{IDs: in.IDs[half:], Fields: in.Fields})
	first.Documents, first.Missing = append(first.Documents, second.Documents...), append(first.Missing, second.Missing...)
	return first, err
}

// Delete deletes documents and returns how many existed. Many ids are sent in several
// requests, each a transaction.
func (c *Collection) Delete(ctx context.Context, ids ...string) (int, error) {
	deleted := 0
	for page := range slices.Chunk(ids, pageSize) {
		n, err := c.delete(ctx, api.DeleteDocuments{IDs: page})
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// DeleteWhere deletes the documents that meet the filter and returns how many.
func (c *Collection) DeleteWhere(ctx context.Context, where filter.Expr) (int, error) {
	f, err := api.FromFilter(where)
	if err != nil {
		return 0, &db.Error{Op: "delete", Err: err}
	}
	if f == nil {
		f = api.Filter("true") // all documents, explicitly
	}
	return c.delete(ctx, api.DeleteDocuments{Filter: f})
}

func (c *Collection) delete(ctx context.Context, body api.DeleteDocuments) (int, error) {
	var out api.Deleted
	err := c.c.do(ctx, http.MethodPost, c.path()+"/documents/delete", body, &out)
	return out.Deleted, err
}

// Count is the number of documents that meet the filter.
func (c *Collection) Count(ctx context.Context, where filter.Expr) (int, error) {
	out, err := c.count(ctx, "count", where)
	return out.Count, err
}

func (c *Collection) count(ctx context.Context, op string, where filter.Expr) (out api.Count, err error) {
	f, err := api.FromFilter(where)
	if err != nil {
		return out, &db.Error{Op: op, Err: err}
	}
	err = c.c.do(ctx, http.MethodPost, c.path()+"/documents/count", api.CountDocuments{Filter: f}, &out)
	return out, err
}

// FilterWarnings says what in a filter is probably a mistake, such as a field that no
// document has, and which of fields no document has. A search has it in its Trace.
func (c *Collection) FilterWarnings(ctx context.Context, where filter.Expr, fields ...string) ([]string, error) {
	fields = slices.DeleteFunc(slices.Clone(fields), func(name string) bool { return name == filter.FieldID }) // all have it
	if len(fields) > 0 {
		out, err := c.Facets(ctx, db.FacetQuery{Fields: fields, Filter: where, Top: 1})
		return out.Warnings, err
	}
	out, err := c.count(ctx, "check filter", where)
	return out.Warnings, err
}

// Stats measures the collection.
func (c *Collection) Stats(ctx context.Context) (db.Stats, error) {
	var out api.Stats
	err := c.c.do(ctx, http.MethodGet, c.path()+"/stats", nil, &out)
	return out, err
}

// Search returns the K documents nearest to the query, best first. Query.Trace gets
// the server's times.
func (c *Collection) Search(ctx context.Context, q db.Query) ([]db.Match, error) {
	in, err := api.FromQuery(&q)
	if err != nil {
		return nil, &db.Error{Op: "search", Err: err}
	}
	var out api.Result
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/search", &in, &out); err != nil {
		return nil, err
	}
	return out.DB(q.Trace), nil
}

// SearchBatch runs several queries in one request.
func (c *Collection) SearchBatch(ctx context.Context, queries ...db.Query) ([][]db.Match, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	in := api.SearchBatch{Queries: make([]api.Query, len(queries))}
	for i := range queries {
		var err error
		if in.Queries[i], err = api.FromQuery(&queries[i]); err != nil {
			return nil, &db.Error{Op: "search", Input: fmt.Sprintf("query %d", i), Err: err}
		}
	}
	var out api.Results
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/search/batch", &in, &out); err != nil {
		return nil, err
	}
	if len(out.Results) != len(queries) {
		return nil, fmt.Errorf("client: %d results for %d queries", len(out.Results), len(queries))
	}
	matches := make([][]db.Match, len(queries))
	for i := range matches {
		matches[i] = out.Results[i].DB(queries[i].Trace)
	}
	return matches, nil
}

// Scan yields documents in the order of Sort, or else in byte order of their ids. It reads
// page by page: unlike the scan of a database, it may see what is written while it runs.
func (c *Collection) Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error] {
	return func(yield func(db.Document, error) bool) {
		in := api.FromScan(&s)
		for left := s.Limit; ; {
			in.Limit = pageSize
			if s.Limit > 0 {
				in.Limit = min(pageSize, left)
			}
			out, err := c.page(ctx, &in)
			if err != nil {
				yield(db.Document{}, err)
				return
			}
			for i := range out.Documents {
				if !yield(out.Documents[i].DB(), nil) {
					return
				}
			}
			left -= len(out.Documents)
			if out.Next == "" || s.Limit > 0 && left <= 0 {
				return
			}
			in.Cursor = out.Next
		}
	}
}

// urlFilter is the longest filter that is sent in a URL.
const urlFilter = 4 << 10

// page reads a page of a scan.
func (c *Collection) page(ctx context.Context, in *api.Scan) (out api.Page, err error) {
	if len(in.Filter) > urlFilter {
		err = c.c.do(ctx, http.MethodPost, c.path()+"/documents/scan", in.Body(), &out)
		return out, err
	}
	err = c.c.do(ctx, http.MethodGet, c.path()+"/documents?"+in.Values().Encode(), nil, &out)
	return out, err
}
