package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

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

// document is a document on the wire.
type document struct {
	ID        string      `json:"id,omitempty"`
	Text      string      `json:"text,omitempty"`
	Metadata  db.Metadata `json:"metadata,omitempty"`
	Embedding []float32   `json:"embedding,omitempty"`
	Source    string      `json:"source,omitempty"`
	Chunk     int         `json:"chunk,omitempty"`
	Created   *time.Time  `json:"created,omitempty"`
	Score     float32     `json:"score,omitempty"`
	Cosine    float32     `json:"cosine,omitempty"`
	BM25      float32     `json:"bm25,omitempty"`
}

func toWire(d *db.Document) document {
	return document{ID: d.ID, Text: d.Text, Metadata: d.Metadata, Embedding: d.Embedding, Source: d.Source, Chunk: d.Chunk}
}

func (d *document) fromWire() db.Document {
	for k, v := range d.Metadata {
		d.Metadata[k] = number(v)
	}
	out := db.Document{ID: d.ID, Text: d.Text, Metadata: d.Metadata, Embedding: d.Embedding, Source: d.Source, Chunk: d.Chunk}
	if d.Created != nil {
		out.Created = *d.Created
	}
	return out
}

// fieldNames are the parts of documents that the server is asked for.
func fieldNames(f db.Fields) []string {
	if f == 0 {
		f = db.FieldsDefault
	}
	names := []string{}
	for name, bit := range map[string]db.Fields{"text": db.FieldText, "metadata": db.FieldMetadata, "embedding": db.FieldEmbedding} {
		if f&bit != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Insert adds documents, all or none, and returns their ids in order. An id
// that is taken is db.ErrExists.
func (c *Collection) Insert(ctx context.Context, docs ...db.Document) ([]string, error) {
	return c.write(ctx, http.MethodPost, docs)
}

// Upsert adds or replaces documents, all or none, and returns their ids in
// order. Those without an id are given one here, so that a request that is sent
// twice does not write twice.
func (c *Collection) Upsert(ctx context.Context, docs ...db.Document) ([]string, error) {
	return c.write(ctx, http.MethodPut, docs)
}

// UpsertChunks stores documents in chunks, in place of what was stored of
// documents with these ids. The server's model counts: o.Count must be nil.
func (c *Collection) UpsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) (db.Replaced, error) {
	var out db.Replaced
	err := c.writeChunks(ctx, "upsert chunks", http.MethodPut, o, docs, &out)
	return out, err
}

// InsertChunks adds documents in chunks, all or none, and returns the ids of the
// chunks in order. A document that is there, whole or in chunks, is db.ErrExists.
// The server's model counts: o.Count must be nil.
func (c *Collection) InsertChunks(ctx context.Context, o chunk.Options, docs ...db.Document) ([]string, error) {
	var out db.Replaced
	err := c.writeChunks(ctx, "insert chunks", http.MethodPost, o, docs, &out)
	return out.IDs, err
}

func (c *Collection) writeChunks(ctx context.Context, op, method string, o chunk.Options, docs []db.Document, out *db.Replaced) error {
	in, err := toChunking(op, o)
	if err != nil || len(docs) == 0 {
		return err
	}
	return c.c.do(ctx, method, c.path()+"/documents", map[string]any{"documents": toWires(method, docs), "chunk": in}, out)
}

// chunking is how texts are cut, on the wire.
type chunking struct {
	Format  string `json:"format"`
	Tokens  int    `json:"tokens,omitempty"`
	Overlap *int   `json:"overlap,omitempty"`
}

func toChunking(op string, o chunk.Options) (chunking, error) {
	in := chunking{Format: "plain", Tokens: o.MaxTokens}
	if o.Count != nil {
		return in, &db.Error{Op: op, Err: fmt.Errorf("%w: Count is set, and the server's model counts", db.ErrInvalidOptions)}
	}
	if o.Format == chunk.Markdown {
		in.Format = "markdown"
	}
	in.Overlap = o.Overlap
	return in, nil
}

// toWires are documents on the wire. Those that are put have ids, so that a
// request that is sent twice does not write twice.
func toWires(method string, docs []db.Document) []document {
	wire := make([]document, len(docs))
	for i := range docs {
		wire[i] = toWire(&docs[i])
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
	var out struct {
		IDs []string `json:"ids"`
	}
	err := c.c.do(ctx, method, c.path()+"/documents", map[string]any{"documents": toWires(method, docs)}, &out)
	return out.IDs, err
}

// ReplaceSource makes docs all that there is of a source, in one transaction:
// they are inserted or replaced, and other documents with that Source are
// deleted. Without docs the source is deleted.
func (c *Collection) ReplaceSource(ctx context.Context, source string, docs ...db.Document) (db.Replaced, error) {
	var out db.Replaced
	err := c.c.do(ctx, http.MethodPost, c.path()+"/documents/source", map[string]any{"source": source, "documents": toWires(http.MethodPost, docs)}, &out)
	return out, err
}

// Get returns documents by their ids, in order, with text and metadata. If some
// are missing it returns those that are there and db.ErrNotFound, naming the
// missing ids.
func (c *Collection) Get(ctx context.Context, ids ...string) ([]db.Document, error) {
	return c.GetFields(ctx, db.FieldsDefault, ids...)
}

// GetFields is Get with a choice of what to read. Many ids are asked for in
// several requests.
func (c *Collection) GetFields(ctx context.Context, fields db.Fields, ids ...string) ([]db.Document, error) {
	docs := make([]db.Document, 0, len(ids))
	var missing []string
	for page := range slices.Chunk(ids, pageSize) {
		var out struct {
			Documents []document `json:"documents"`
			Missing   []string   `json:"missing"`
		}
		if err := c.c.do(ctx, http.MethodPost, c.path()+"/documents/get", map[string]any{"ids": page, "fields": fieldNames(fields)}, &out); err != nil {
			return docs, err
		}
		for i := range out.Documents {
			docs = append(docs, out.Documents[i].fromWire())
		}
		missing = append(missing, out.Missing...)
	}
	if len(missing) > 0 {
		return docs, &db.Error{Op: "get", Input: quoted(missing), Err: db.ErrNotFound}
	}
	return docs, nil
}

// quoted names ids in a message.
func quoted(ids []string) string {
	const shown = 5
	s := make([]string, min(len(ids), shown))
	for i := range s {
		s[i] = strconv.Quote(ids[i])
	}
	more := ""
	if len(ids) > shown {
		more = fmt.Sprintf(" and %d more", len(ids)-shown)
	}
	return strings.Join(s, ", ") + more
}

// Delete deletes documents and returns how many there were. Many ids are sent
// in several requests, each a transaction.
func (c *Collection) Delete(ctx context.Context, ids ...string) (int, error) {
	deleted := 0
	for page := range slices.Chunk(ids, pageSize) {
		n, err := c.delete(ctx, map[string]any{"ids": page})
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// DeleteWhere deletes the documents that meet the filter and returns how many.
func (c *Collection) DeleteWhere(ctx context.Context, where filter.Expr) (int, error) {
	return c.delete(ctx, map[string]any{"filter": where})
}

func (c *Collection) delete(ctx context.Context, body map[string]any) (int, error) {
	var out struct {
		Deleted int `json:"deleted"`
	}
	err := c.c.do(ctx, http.MethodPost, c.path()+"/documents/delete", body, &out)
	return out.Deleted, err
}

// Count is the number of documents that meet the filter.
func (c *Collection) Count(ctx context.Context, where filter.Expr) (int, error) {
	var out struct {
		Count int `json:"count"`
	}
	err := c.c.do(ctx, http.MethodPost, c.path()+"/documents/count", map[string]any{"filter": where}, &out)
	return out.Count, err
}

// Stats measures the collection.
func (c *Collection) Stats(ctx context.Context) (db.Stats, error) {
	var out db.Stats
	err := c.c.do(ctx, http.MethodGet, c.path()+"/stats", nil, &out)
	return out, err
}

// query is a query on the wire.
type query struct {
	Text         string       `json:"text,omitempty"`
	Embedding    []float32    `json:"embedding,omitempty"`
	K            int          `json:"k"`
	Filter       *filter.Expr `json:"filter,omitempty"`
	PerSource    int          `json:"per_source,omitempty"`
	MinScore     *float32     `json:"min_score,omitempty"`
	Ef           int          `json:"ef,omitempty"`
	Oversampling int          `json:"oversampling,omitempty"`
	Mode         string       `json:"mode,omitempty"`
	Fusion       string       `json:"fusion,omitempty"`
	DenseWeight  *float32     `json:"dense_weight,omitempty"`
	Exact        bool         `json:"exact,omitempty"`
	Fields       []string     `json:"fields"`
}

type result struct {
	Matches    []document       `json:"matches"`
	Mode       db.Mode          `json:"mode"`
	Plan       string           `json:"plan"`
	Candidates int              `json:"candidates"`
	Timings    map[string]int64 `json:"timings"`
}

func (q *query) of(d *db.Query) {
	*q = query{
		Text: d.Text, Embedding: d.Embedding, K: d.K, PerSource: d.PerSource, MinScore: d.MinScore, Ef: d.EfSearch,
		Oversampling: d.Oversampling, DenseWeight: d.DenseWeight, Exact: d.Exact, Fields: fieldNames(d.Fields),
	}
	if d.Filter.Kind() != filter.KindAll {
		q.Filter = &d.Filter
	}
	if d.Mode != db.ModeDefault {
		q.Mode = d.Mode.String()
	}
	if d.Fusion == db.Reciprocal {
		q.Fusion = "reciprocal"
	}
}

func (r *result) matches(t *db.Trace) []db.Match {
	out := make([]db.Match, len(r.Matches))
	for i := range r.Matches {
		m := &r.Matches[i]
		out[i] = db.Match{Document: m.fromWire(), Score: m.Score, Cosine: m.Cosine, BM25: m.BM25}
	}
	if t != nil {
		µs := func(name string) time.Duration { return time.Duration(r.Timings[name]) * time.Microsecond }
		*t = db.Trace{
			Mode: r.Mode, Plan: db.Plan(r.Plan), Candidates: r.Candidates, Embed: µs("embed"), Filter: µs("filter"),
			Graph: µs("graph"), Lexical: µs("lexical"), Rerank: µs("rerank"), Load: µs("load"), Total: µs("total"),
		}
	}
	return out
}

// Search returns the K documents nearest to the query, best first. Query.Trace
// is filled with the server's times.
func (c *Collection) Search(ctx context.Context, q db.Query) ([]db.Match, error) {
	var in query
	in.of(&q)
	var out result
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/search", &in, &out); err != nil {
		return nil, err
	}
	return out.matches(q.Trace), nil
}

// SearchBatch runs several queries in one request.
func (c *Collection) SearchBatch(ctx context.Context, queries ...db.Query) ([][]db.Match, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	in := make([]query, len(queries))
	for i := range queries {
		in[i].of(&queries[i])
	}
	var out struct {
		Results []result `json:"results"`
	}
	if err := c.c.do(ctx, http.MethodPost, c.path()+"/search/batch", map[string]any{"queries": in}, &out); err != nil {
		return nil, err
	}
	if len(out.Results) != len(queries) {
		return nil, fmt.Errorf("client: %d results for %d queries", len(out.Results), len(queries))
	}
	matches := make([][]db.Match, len(queries))
	for i := range matches {
		matches[i] = out.Results[i].matches(queries[i].Trace)
	}
	return matches, nil
}

// Scan yields documents in byte order of their ids, page by page: unlike the
// scan of a database, a long one sees what is written meanwhile.
func (c *Collection) Scan(ctx context.Context, s db.Scan) iter.Seq2[db.Document, error] {
	return func(yield func(db.Document, error) bool) {
		v := url.Values{"fields": {strings.Join(fieldNames(s.Fields), ",")}}
		if s.Fields == db.FieldsNone {
			v.Del("fields")
		}
		if s.Filter.Kind() != filter.KindAll {
			v.Set("filter", s.Filter.String())
		}
		if s.After != "" {
			v.Set("cursor", cursor(s.After))
		}
		for left := s.Limit; ; {
			page := pageSize
			if s.Limit > 0 {
				page = min(page, left)
			}
			v.Set("limit", strconv.Itoa(page))
			var out struct {
				Documents []document `json:"documents"`
				Next      string     `json:"next"`
			}
			if err := c.c.do(ctx, http.MethodGet, c.path()+"/documents?"+v.Encode(), nil, &out); err != nil {
				yield(db.Document{}, err)
				return
			}
			for i := range out.Documents {
				if !yield(out.Documents[i].fromWire(), nil) {
					return
				}
			}
			left -= len(out.Documents)
			if out.Next == "" || s.Limit > 0 && left <= 0 {
				return
			}
			v.Set("cursor", out.Next)
		}
	}
}
