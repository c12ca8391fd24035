package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/trace"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/server/keys"
)

// mcpK is the number of results that a model reads if it does not say.
const mcpK = 5

type (
	mcpSearchIn struct {
		Collection string   `json:"collection" jsonschema:"name of the collection; list_collections tells which there are"`
		Text       string   `json:"text" jsonschema:"what to look for, in Korean or English: a question or a phrase"`
		K          int      `json:"k,omitempty" jsonschema:"number of results, 5 if missing"`
		Filter     string   `json:"filter,omitempty" jsonschema:"condition on metadata, such as: lang = \"ko\" AND year >= 2020"`
		PerSource  int      `json:"per_source,omitempty" jsonschema:"how many results may be pieces of the same source document; 1 for one piece of each, no limit if missing"`
		MinScore   *float32 `json:"min_score,omitempty" jsonschema:"leave out results with a lower score; cosine, from -1 to 1"`
	}
	mcpMatch struct {
		ID       string         `json:"id"`
		Score    float32        `json:"score"`
		Text     string         `json:"text"`
		Metadata map[string]any `json:"metadata,omitempty"`
		Source   string         `json:"source,omitempty"`
	}
	mcpSearchOut struct {
		Matches []mcpMatch `json:"matches"`
	}
	mcpIDs struct {
		Collection string   `json:"collection" jsonschema:"name of the collection"`
		IDs        []string `json:"ids" jsonschema:"ids of documents"`
	}
	mcpDocument struct {
		ID       string         `json:"id,omitempty" jsonschema:"its name; made up if missing"`
		Text     string         `json:"text"`
		Metadata map[string]any `json:"metadata,omitempty" jsonschema:"strings, numbers, booleans and lists of strings"`
		Source   string         `json:"source,omitempty" jsonschema:"what it is a piece of: the id of the long document that was cut, or whatever it was given; one that is given a source is not cut"`
	}
	mcpGetOut struct {
		Documents []mcpDocument `json:"documents"`
		Missing   []string      `json:"missing,omitempty"`
	}
	mcpCollection struct {
		Name      string `json:"name"`
		Documents int    `json:"documents"`
	}
	mcpCollections struct {
		Collections []mcpCollection `json:"collections"`
	}
	mcpUpsertIn struct {
		Collection string        `json:"collection" jsonschema:"name of the collection"`
		Documents  []mcpDocument `json:"documents"`
		Chunk      bool          `json:"chunk,omitempty" jsonschema:"cut texts of more than a few paragraphs into pieces, so that a search finds the paragraph that answers; if missing, only what the embedding model could not read to its end is cut"`
		MaxTokens  int           `json:"max_tokens,omitempty" jsonschema:"with chunk: length of the longest piece in tokens, 256 if missing"`
	}
	mcpUpsertOut struct {
		IDs []string `json:"ids" jsonschema:"ids of the documents, or of all pieces of those that were cut"`
	}
	mcpDeleteOut struct {
		Deleted int `json:"deleted"`
	}
)

// MCP returns a Model Context Protocol server with the tools search, get and
// list_collections, and, if Options.MCPWrites allow it, upsert and delete. It
// asks for no key: run it on a transport that only the operator has, such as
// stdio.
func (s *Server) MCP() *mcp.Server { return s.mcpFor(&call{}) }

// mcpFor is MCP for what a request's key may do.
func (s *Server) mcpFor(c *call) *mcp.Server {
	m := mcp.NewServer(&mcp.Implementation{Name: "frony-db", Title: "frony-db", Version: s.opts.Version}, &mcp.ServerOptions{
		Instructions: "Collections of documents, found by meaning, in Korean and English across both. " +
			"Call list_collections first, then search; get reads whole documents by their ids.",
		Capabilities: &mcp.ServerCapabilities{},
		SchemaCache:  s.schemas,
		Logger:       s.log,
	})
	closed := new(false) // it is about this database alone
	reads := &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: closed}
	addTool(s, m, c, &mcp.Tool{Name: "search", Title: "Search documents", Description: "Find the documents nearest in meaning to a text.", Annotations: reads}, s.mcpSearch)
	addTool(s, m, c, &mcp.Tool{Name: "get", Title: "Get documents", Description: "Read documents by their ids.", Annotations: reads}, s.mcpGet)
	addTool(s, m, c, &mcp.Tool{Name: "list_collections", Title: "List collections", Description: "List the collections and how many documents each has.", Annotations: reads}, s.mcpList)
	if !s.opts.MCPWrites || s.opts.ReadOnly || c.key != nil && c.key.Role < keys.Write {
		return m
	}
	addTool(s, m, c, &mcp.Tool{
		Name: "upsert", Title: "Write documents",
		Description: "Insert documents, or replace those whose ids are there. A text that is too long for the embedding model is stored in pieces, " +
			"whose ids are the document's with #0, #1 and so on, and whose source is its id; writing the document again replaces all of them.",
		Annotations: &mcp.ToolAnnotations{IdempotentHint: true, DestructiveHint: new(true), OpenWorldHint: closed},
	}, s.mcpUpsert)
	addTool(s, m, c, &mcp.Tool{
		Name: "delete", Title: "Delete documents", Description: "Delete documents by their ids. The pieces of a long document are documents with ids of their own.",
		Annotations: &mcp.ToolAnnotations{IdempotentHint: true, DestructiveHint: new(true), OpenWorldHint: closed},
	}, s.mcpDelete)
	return m
}

// addTool adds a tool that runs for a request, whose failures a model can read
// and act on.
func addTool[In, Out any](s *Server, m *mcp.Server, c *call, t *mcp.Tool, run func(context.Context, In) (Out, error)) {
	mcp.AddTool(m, t, func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, Out, error) {
		ctx = context.WithValue(ctx, callKey{}, c)
		if c.span != nil {
			ctx = trace.ContextWithSpan(ctx, c.span)
		}
		out, err := run(ctx, in)
		if err != nil {
			p := s.problem(ctx, err)
			err = errors.New(p.Error())
			if p.Detail.Hint != "" {
				err = fmt.Errorf("%w; %s", err, p.Detail.Hint)
			}
		}
		return nil, out, err
	})
}

func (s *Server) mcpRoutes() {
	h := mcp.NewStreamableHTTPHandler(func(r *http.Request) *mcp.Server {
		return s.mcpFor(callOf(r.Context()))
	}, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, Logger: s.log,
		MaxRequestBodyBytes: s.opts.Limits.Body,
		// GuardHost does this, and knows the names that the operator allows.
		DisableLocalhostProtection: true,
	})
	s.handle("POST /mcp", door{keys.Read, bodyWhole, shapeOwn, gateSearch}, h)
}

// mcpOpen opens a collection that the request's key has a role for.
func (s *Server) mcpOpen(ctx context.Context, role keys.Role, name string) (*db.Collection, error) {
	if p := s.may(ctx, role, name); p != nil {
		return nil, p
	}
	c, err := s.collection(ctx, name)
	if errors.Is(err, db.ErrNoCollection) {
		return nil, s.problem(ctx, err).hint("list_collections tells which there are")
	}
	return c, err
}

func (s *Server) mcpSearch(ctx context.Context, in mcpSearchIn) (out mcpSearchOut, err error) {
	if in.K == 0 {
		in.K = min(mcpK, s.opts.Limits.K)
	}
	q, p := s.query(&Query{Text: in.Text, K: in.K, PerSource: in.PerSource, MinScore: in.MinScore}, "arguments")
	if p != nil {
		return out, p
	}
	if q.Filter, p = s.exprText(in.Filter); p != nil {
		return out, p
	}
	c, err := s.mcpOpen(ctx, keys.Read, in.Collection)
	if err != nil {
		return out, err
	}
	r, err := s.find(ctx, c, q)
	if err != nil {
		return out, err
	}
	out.Matches = make([]mcpMatch, len(r.Matches))
	for i, m := range r.Matches {
		out.Matches[i] = mcpMatch{m.ID, m.Score, m.Text, m.Metadata, m.Source}
	}
	return out, nil
}

func (s *Server) mcpGet(ctx context.Context, in mcpIDs) (out mcpGetOut, err error) {
	if p := s.may(ctx, keys.Read, in.Collection); p != nil {
		return out, p
	}
	get := &inGet{CollectionPath: CollectionPath{in.Collection}}
	get.Body.IDs = in.IDs
	r, err := s.getDocuments(ctx, get)
	if err != nil {
		return out, err
	}
	out.Documents = make([]mcpDocument, len(r.Body.Documents))
	for i, d := range r.Body.Documents {
		out.Documents[i] = mcpDocument{d.ID, d.Text, d.Metadata, d.Source}
	}
	out.Missing = r.Body.Missing
	return out, nil
}

func (s *Server) mcpList(ctx context.Context, _ struct{}) (out mcpCollections, err error) {
	r, err := s.listCollections(ctx, nil)
	if err != nil {
		return out, err
	}
	out.Collections = []mcpCollection{}
	for _, c := range r.Body.Collections {
		out.Collections = append(out.Collections, mcpCollection{c.Name, c.Documents})
	}
	return out, nil
}

func (s *Server) mcpUpsert(ctx context.Context, in mcpUpsertIn) (out mcpUpsertOut, err error) {
	if p := s.may(ctx, keys.Write, in.Collection); p != nil {
		return out, p
	}
	docs := &inDocuments{CollectionPath: CollectionPath{in.Collection}}
	for _, d := range in.Documents {
		docs.Body.Documents = append(docs.Body.Documents, InputDocument{ID: d.ID, Text: d.Text, Metadata: d.Metadata, Source: d.Source})
	}
	r, err := s.writeDocuments(ctx, docs, func(c *db.Collection, ctx context.Context, docs ...db.Document) ([]string, error) {
		return in.upsert(ctx, c, docs)
	})
	if err != nil {
		return out, err
	}
	return mcpUpsertOut{r.Body.IDs}, nil
}

// upsert stores documents in chunks if that was asked for, and otherwise only those
// that need it; a document that nobody named is not touched for their sake.
func (in *mcpUpsertIn) upsert(ctx context.Context, c *db.Collection, docs []db.Document) (ids []string, err error) {
	cut := &Chunking{Tokens: in.MaxTokens}
	chunks := upserting(cut, new(db.Replaced))
	if in.Chunk || in.MaxTokens != 0 {
		return chunks(c, ctx, docs...)
	}
	if m := c.Model(); m != nil {
		cut.Tokens = m.MaxTokens
		chunks = upserting(cut, new(db.Replaced))
	}
	long, short, err := split(ctx, c, cut, docs)
	if err != nil {
		return nil, err
	}
	if len(long) > 0 {
		if ids, err = chunks(c, ctx, long...); err != nil {
			return nil, err
		}
	}
	if len(short) == 0 {
		return ids, nil
	}
	more, err := c.Upsert(ctx, short...)
	return append(ids, more...), err
}

// split finds the documents whose text is longer than the model reads, or of which
// chunks are stored that a plain upsert would leave.
func split(ctx context.Context, c *db.Collection, cut *Chunking, docs []db.Document) (long, short []db.Document, err error) {
	first := make([]string, len(docs))
	for i, d := range docs {
		first[i] = d.ID + "#0"
	}
	stored, err := c.GetFields(ctx, db.FieldsNone, first...)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, nil, err
	}
	parts := make(map[string]bool, len(stored))
	for _, d := range stored {
		parts[d.Source] = d.Source != "" && d.ID == d.Source+"#0"
	}
	seen := make(map[string]bool, len(docs))
	for _, d := range docs {
		if d.ID != "" && seen[d.ID] {
			return nil, docs, nil // an upsert of all refuses it
		}
		seen[d.ID] = true
		pieces := 1
		if cut.Tokens > 0 {
			all, err := c.Chunks(cut.toDB(), d)
			if err != nil {
				return nil, nil, err
			}
			pieces = len(all)
		}
		if pieces > 1 || parts[d.ID] {
			long = append(long, d)
		} else {
			short = append(short, d)
		}
	}
	return long, short, nil
}

func (s *Server) mcpDelete(ctx context.Context, in mcpIDs) (out mcpDeleteOut, err error) {
	if p := s.may(ctx, keys.Write, in.Collection); p != nil {
		return out, p
	}
	if len(in.IDs) == 0 {
		return out, refuse(http.StatusBadRequest, "invalid_request", "there are no ids").at("ids")
	}
	if p := over("ids", len(in.IDs), s.opts.Limits.Batch, "ids"); p != nil {
		return out, p
	}
	r, err := s.delete(ctx, in.Collection, in.IDs, filter.None())
	if err != nil {
		return out, err
	}
	return mcpDeleteOut{r.Body.Deleted}, nil
}
