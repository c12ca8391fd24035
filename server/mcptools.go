package server

import (
	"context"
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// mcpK is the number of results if a model does not say.
const mcpK = 5

type (
	mcpSearchIn struct {
		Collection string   `json:"collection,omitempty" doc:"Name of the collection; list_collections returns all names"`
		Several    []string `json:"collections,omitempty" doc:"In place of collection: several of one embedding model, or the beginning of their names with * behind"`
		Text       string   `json:"text,omitempty" doc:"What to look for, in Korean or English: a question or a phrase. It may be missing if there is like"`
		Also       []string `json:"also,omitempty" doc:"More texts to look for in the same search: other wordings of the question, its translation, or a sentence that the answer may look like. Results that several texts find come first"`
		Like       []string `json:"like,omitempty" doc:"Ids of documents to find more like"`
		Unlike     []string `json:"unlike,omitempty" doc:"Ids of documents to move away from"`
		K          int      `json:"k,omitzero" doc:"Number of results; 5 if missing"`
		Filter     string   `json:"filter,omitempty" doc:"Condition on metadata, such as: lang = \"ko\" AND year >= 2020. _id and _source are a document's id and source; STARTS WITH, LIKE and ILIKE (%, _) look at texts. Its JSON form, as a string, will do too"`
		PerSource  int      `json:"per_source,omitzero" doc:"At most this many results of the same source document: 1 returns the best chunk of each; no limit if missing"`
		Context    int      `json:"context,omitzero" doc:"Chunks before and behind each result to read with it, of a text that is stored in chunks: 1 or 2 tell what a short chunk leaves out"`
		Offset     int      `json:"offset,omitzero" doc:"Results to leave out: 5 for those behind the first five"`
		MinScore   *float32 `json:"min_score,omitempty" doc:"Leave out results with a lower score, which combines meaning and words and is comparable within one search only"`
		MinCosine  *float32 `json:"min_cosine,omitempty" doc:"Leave out results that are farther in meaning, from -1 to 1; what is near depends on the embedding model"`
	}
	mcpMatch struct {
		Collection string `json:"collection,omitempty" doc:"The collection that it is in, if several were searched"`
		mcpDocument
		Score float32 `json:"score" doc:"Results are ordered by it"`
	}
	mcpSearchOut struct {
		Matches  []mcpMatch `json:"matches" doc:"Best first. Of a long text, the part that fits the query best"`
		Warnings []string   `json:"warnings,omitempty" doc:"What in the filter is probably a mistake, and what the search could not do"`
	}
	mcpGetIn struct {
		Collection string   `json:"collection" doc:"Name of the collection"`
		IDs        []string `json:"ids" doc:"Ids of documents"`
		Offset     int      `json:"offset,omitzero" doc:"Where to begin reading each text, in characters: next_offset of an answer before; the beginning if missing"`
	}
	mcpIDs struct {
		Collection string   `json:"collection" doc:"Name of the collection"`
		IDs        []string `json:"ids" doc:"Ids of documents"`
	}
	mcpGetOut struct {
		Documents []mcpDocument `json:"documents"`
		Missing   []string      `json:"missing,omitempty" doc:"Ids that do not exist"`
		Rest      []string      `json:"rest,omitempty" doc:"Ids that did not fit this answer: ask for them next"`
	}
	mcpDocumentIn struct {
		ID       string       `json:"id,omitempty" doc:"Unique in the collection; generated if missing"`
		Text     string       `json:"text" doc:"The text"`
		Title    string       `json:"title,omitempty" doc:"The title of the document, if it is not in the text: searched as well"`
		Metadata api.Metadata `json:"metadata,omitempty" doc:"Fields for filters: texts, numbers, booleans, times, and lists of texts or numbers; a nested object becomes fields such as author.name"`
		Source   string       `json:"source,omitempty" doc:"What the document is a part of, such as a file"`
		Chunk    int          `json:"chunk,omitzero" doc:"Its number within the source"`
		Expires  time.Time    `json:"expires,omitzero" doc:"When the document expires (RFC 3339); never if missing"`
	}
	mcpUpserted struct {
		IDs     []string `json:"ids" doc:"The ids of the documents, or of all chunks if texts were cut"`
		Created bool     `json:"created,omitzero" doc:"The collection did not exist, and was created"`
	}
	mcpUpdateIn struct {
		Collection string       `json:"collection" doc:"Name of the collection"`
		IDs        []string     `json:"ids,omitempty" doc:"Ids of documents to change; either these or a filter"`
		Filter     string       `json:"filter,omitempty" doc:"Condition that chooses the documents to change, such as: _source = \"a.md\" AND status = \"draft\"; or its JSON form, as a string"`
		Metadata   api.Metadata `json:"metadata,omitempty" doc:"Fields to set; null deletes a field. What is not named stays"`
		Source     *string      `json:"source,omitempty" doc:"The new source; empty for none"`
		Expires    *string      `json:"expires,omitempty" doc:"When the documents expire (RFC 3339); empty for never"`
	}
	mcpUpsertIn struct {
		Collection string          `json:"collection" doc:"Name of the collection"`
		Documents  []mcpDocumentIn `json:"documents"`
		Chunk      bool            `json:"chunk,omitzero" doc:"Cut texts of more than a few paragraphs into chunks, so that a search finds the paragraph that answers; if missing, only texts that are too long for the embedding model are cut"`
		MaxTokens  int             `json:"max_tokens,omitzero" doc:"With chunk: length of the longest chunk in tokens; 128 if missing"`
	}
)

func (s *Server) mcpTools() []tool {
	closed := new(false) // it is about this database alone
	reads := &mcp.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: closed}
	writes := &mcp.ToolAnnotations{IdempotentHint: true, DestructiveHint: new(true), OpenWorldHint: closed}
	return []tool{
		newTool(keys.Read, &mcp.Tool{
			Name: "search", Title: "Search documents", Description: "Find the documents nearest in meaning to a text. A long text is answered in part; get reads the rest.", Annotations: reads,
		}, s.mcpSearch),
		newTool(keys.Read, &mcp.Tool{
			Name: "get", Title: "Get documents", Description: "Read documents by their ids. A very long text is answered in parts: next_offset says where to go on.", Annotations: reads,
		}, s.mcpGet),
		newTool(keys.Read, &mcp.Tool{
			Name: "list", Title: "List documents", Description: "Read documents that meet a filter, sorted by fields, such as the newest ten. Texts are cut; get reads the rest.", Annotations: reads,
		}, s.mcpListDocuments),
		newTool(keys.Read, &mcp.Tool{
			Name: "facets", Title: "Count values", Description: "Count how many documents have each value of metadata fields, and tell the least and greatest number and time.", Annotations: reads,
		}, s.mcpFacets),
		newTool(keys.Read, &mcp.Tool{
			Name: "list_collections", Title: "List collections", Description: "List the collections: how many documents each has, the metadata fields that filters may use, and examples of filters.", Annotations: reads,
		}, s.mcpList),
		newTool(keys.Write, &mcp.Tool{
			Name: "upsert", Title: "Write documents",
			Description: "Insert documents, or replace those with the same ids. A collection that does not exist is created. A text that is too long for the embedding model is stored in chunks, " +
				"whose ids are the document's with #0, #1 and so on, and whose source is its id; writing the document again replaces all of them. " +
				"A document with a source of its own is not cut.",
			Annotations: writes,
		}, s.mcpUpsert),
		newTool(keys.Write, &mcp.Tool{
			Name: "update", Title: "Change metadata",
			Description: "Change metadata, source or expiry of documents, by their ids or by a filter, without their texts. upsert replaces documents as a whole.",
			Annotations: writes,
		}, s.mcpUpdate),
		newTool(keys.Write, &mcp.Tool{
			Name: "delete", Title: "Delete documents", Description: "Delete documents by their ids. The chunks of a long document are documents with ids of their own.",
			Annotations: writes,
		}, s.mcpDelete),
	}
}

// mcpOpen opens a collection that the request's key has a role for.
func (s *Server) mcpOpen(ctx context.Context, role keys.Role, name string) (engine.Collection, error) {
	if p := s.may(ctx, role, name); p != nil {
		return nil, p
	}
	c, err := s.collection(ctx, name)
	if errors.Is(err, db.ErrNoCollection) {
		return nil, s.problem(ctx, err).Hint("list_collections tells which there are")
	}
	return c, err
}

func (s *Server) mcpSearch(ctx context.Context, in mcpSearchIn) (out mcpSearchOut, err error) {
	if in.K == 0 {
		in.K = min(mcpK, s.opts.Limits.K)
	}
	wire := api.Query{
		Text: in.Text, Like: in.Like, Unlike: in.Unlike, K: in.K, Offset: in.Offset, PerSource: in.PerSource, Context: in.Context,
		MinScore: in.MinScore, MinCosine: in.MinCosine, Filter: api.AnyFilter(in.Filter),
		Snippet: max(1, min(mcpSnippet, mcpAnswer/max(1, in.K))),
	}
	if len(in.Also) > 0 {
		wire.Text, wire.Like, wire.Unlike, wire.Queries = "", nil, nil, in.questions()
	}
	q, p := s.query(&wire, "arguments")
	if p != nil {
		return out, p
	}
	r, err := s.mcpFind(ctx, &in, q)
	if err != nil {
		return out, err
	}
	out.Matches, out.Warnings = make([]mcpMatch, len(r.Matches)), r.Warnings
	for i := range r.Matches {
		m := &r.Matches[i]
		out.Matches[i] = mcpMatch{m.Collection, fromMCP(&m.StoredDocument), m.Score}
		if c := m.Context; c != nil && c.First < c.Last && utf8.RuneCountInString(c.Text) <= mcpAnswer/in.K {
			out.Matches[i].Text = c.Text
			continue
		}
		out.Matches[i].keep(m.Snippet)
	}
	return out, nil
}

// mcpFind searches the collection that is named, or several.
func (s *Server) mcpFind(ctx context.Context, in *mcpSearchIn, q db.Query) (*api.Result, error) {
	if (in.Collection == "") == (len(in.Several) == 0) {
		return nil, problem.Refuse(http.StatusBadRequest, "invalid_request", "want either collection or collections").At("collection").
			Hint("list_collections tells which there are")
	}
	if len(in.Several) > 0 {
		return s.findAll(ctx, in.Several, q, "collections")
	}
	c, err := s.mcpOpen(ctx, keys.Read, in.Collection)
	if err != nil {
		return nil, err
	}
	return s.find(ctx, c, q)
}

// questions are the texts and documents of a search as questions of their own.
func (in *mcpSearchIn) questions() (all []api.Question) {
	if in.Text != "" || len(in.Like)+len(in.Unlike) > 0 {
		all = append(all, api.Question{Text: in.Text, Like: in.Like, Unlike: in.Unlike})
	}
	for _, text := range in.Also {
		all = append(all, api.Question{Text: text})
	}
	return all
}

func (s *Server) mcpGet(ctx context.Context, in mcpGetIn) (out mcpGetOut, err error) {
	if p := s.may(ctx, keys.Read, in.Collection); p != nil {
		return out, p
	}
	if in.Offset < 0 {
		return out, problem.Refuse(http.StatusBadRequest, "invalid_request", "offset is %d, want at least 0", in.Offset).At("offset")
	}
	get := &inGet{CollectionPath: CollectionPath{in.Collection}}
	get.Body.IDs = in.IDs
	r, err := s.getDocuments(ctx, get)
	if err != nil {
		return out, err
	}
	out.Documents, out.Missing = []mcpDocument{}, r.Body.Missing
	room := mcpAnswer
	for i := range r.Body.Documents {
		d := fromMCP(&r.Body.Documents[i])
		if room <= 0 {
			out.Rest = append(out.Rest, d.ID)
			continue
		}
		d.cut(in.Offset, room)
		room -= utf8.RuneCountInString(d.Text) + 200 // for what is beside it
		out.Documents = append(out.Documents, d)
	}
	return out, nil
}

func (s *Server) mcpUpsert(ctx context.Context, in mcpUpsertIn) (out mcpUpserted, err error) {
	if p := s.may(ctx, keys.Write, in.Collection); p != nil {
		return out, p
	}
	if in.Collection == "" {
		return out, problem.Refuse(http.StatusBadRequest, "invalid_request", "collection is empty").At("collection").
			Hint("name a collection; list_collections tells which there are, and a new name creates one")
	}
	_, err = s.collection(ctx, in.Collection)
	out.Created = errors.Is(err, db.ErrNoCollection)
	docs := &inDocuments{CollectionPath: CollectionPath{in.Collection}, Create: true}
	for _, d := range in.Documents {
		docs.Body.Documents = append(docs.Body.Documents, api.Document{
			ID: d.ID, Content: api.Content{Text: d.Text, Title: d.Title, Metadata: d.Metadata, Source: d.Source, Chunk: d.Chunk, Expires: d.Expires},
		})
	}
	r, err := s.writeDocuments(ctx, docs, func(c engine.Collection, ctx context.Context, docs ...db.Document) ([]string, error) {
		return in.upsert(ctx, c, docs)
	})
	if err != nil {
		return out, err
	}
	out.IDs = r.Body.IDs
	return out, nil
}

func (s *Server) mcpUpdate(ctx context.Context, in mcpUpdateIn) (out api.Updated, err error) {
	if p := s.may(ctx, keys.Write, in.Collection); p != nil {
		return out, p
	}
	if (len(in.IDs) == 0) == (in.Filter == "") {
		return out, problem.Refuse(http.StatusBadRequest, "invalid_request", "want either ids or a filter").At("arguments")
	}
	update := &inUpdate{CollectionPath: CollectionPath{in.Collection}}
	update.Body.IDs, update.Body.Filter, update.Body.Metadata = in.IDs, api.AnyFilter(in.Filter), in.Metadata
	if in.Source != nil {
		update.Body.Source = api.Change{Set: true, Text: *in.Source}
	}
	if in.Expires != nil {
		update.Body.Expires = api.Change{Set: true, Text: *in.Expires}
	}
	r, err := s.updateDocuments(ctx, update)
	if err != nil {
		return out, err
	}
	return r.Body, nil
}

func (s *Server) mcpDelete(ctx context.Context, in mcpIDs) (out api.Deleted, err error) {
	if p := s.may(ctx, keys.Write, in.Collection); p != nil {
		return out, p
	}
	if len(in.IDs) == 0 {
		return out, problem.Refuse(http.StatusBadRequest, "invalid_request", "there are no ids").At("ids")
	}
	if p := over("ids", len(in.IDs), s.opts.Limits.Batch, "ids"); p != nil {
		return out, p
	}
	r, err := s.delete(ctx, in.Collection, in.IDs, filter.None())
	if err != nil {
		return out, err
	}
	return r.Body, nil
}
