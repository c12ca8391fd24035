package chroma

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

// selection says which documents a request is about.
type selection struct {
	IDs           []string        `json:"ids"`
	Where         json.RawMessage `json:"where"`
	WhereDocument json.RawMessage `json:"where_document"`
}

// chosen is a selection that has been read.
type chosen struct {
	where filter.Expr
	text  textual // nil holds always
	order []string
}

func (h *Host) choose(s *selection) (out chosen, p *problem.Problem) {
	if len(s.IDs) > h.MaxBatch {
		return out, bad("ids", "%d ids, at most %d", len(s.IDs), h.MaxBatch)
	}
	if out.where, p = h.parseWhere(s.Where); p != nil {
		return out, p
	}
	if out.text, p = h.parseTextual(s.WhereDocument); p != nil {
		return out, p
	}
	if s.IDs != nil {
		s.IDs = composed(s.IDs)
		values := make([]any, len(s.IDs))
		for i, id := range s.IDs {
			values[i] = id
		}
		out.where, out.order = filter.And(filter.In(filter.FieldID, values...), out.where), s.IDs
		if err := out.where.Validate(filter.Limits{}); err != nil {
			return out, bad("ids", "%s", err)
		}
	}
	return out, nil
}

// include says which parts of documents an answer has.
type include []string

func (in include) has(part string) bool { return slices.Contains(in, part) }

// check refuses unknown parts; nothing is the default.
func (in *include) check(defaults ...string) *problem.Problem {
	if *in == nil {
		*in = defaults
	}
	for _, part := range *in {
		switch part {
		case "documents", "metadatas", "embeddings", "distances", "uris", "data":
		default:
			return bad("include", "there is nothing called %.40q to include", part).Hint("use documents, metadatas, embeddings, distances or uris")
		}
	}
	return nil
}

// fields are what has to be read of a document.
func (in include) fields() db.Fields {
	f := db.FieldsNone
	if in.has("documents") {
		f |= db.FieldText
	}
	if f != db.FieldsNone || in.has("metadatas") || in.has("uris") || in.has("embeddings") {
		f |= db.FieldMetadata
	}
	if in.has("embeddings") {
		f |= db.FieldEmbedding
	}
	if f != db.FieldsNone {
		f &^= db.FieldsNone
	}
	return f
}

// rows are documents in columns; a column that is not included is null.
func (in include) rows(docs []db.Document) map[string]any {
	ids, texts, metadatas, embeddings, uris := []string{}, []any{}, []any{}, []any{}, []any{}
	for i := range docs {
		d := &docs[i]
		ids = append(ids, d.ID)
		if d.Text == "" && d.Metadata[fieldBare] == nil {
			texts = append(texts, nil)
		} else {
			texts = append(texts, d.Text)
		}
		metadatas = append(metadatas, metadataOf(d))
		embeddings = append(embeddings, embeddingOf(d))
		uris = append(uris, d.Metadata[fieldURI])
	}
	out := map[string]any{"ids": ids, "documents": nil, "metadatas": nil, "embeddings": nil, "uris": nil, "include": in}
	for name, column := range map[string][]any{"documents": texts, "metadatas": metadatas, "embeddings": embeddings, "uris": uris} {
		if in.has(name) {
			out[name] = column
		}
	}
	return out
}

// metadataOf is a document's metadata without what is ours; null if nothing is left.
func metadataOf(d *db.Document) any {
	m := make(db.Metadata, len(d.Metadata))
	for name, v := range d.Metadata {
		if !ours(name) {
			m[name] = v
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// embeddingOf is a document's embedding as it was sent, up to the precision of float32;
// exactly if its components have up to five digits.
func embeddingOf(d *db.Document) []float32 {
	n := length(d.Metadata)
	if n == 1 {
		return d.Embedding
	}
	out := make([]float32, len(d.Embedding))
	for i, x := range d.Embedding {
		out[i] = rounded(float32(float64(x) * n))
	}
	return out
}

// opened opens the request's collection; nil before its first document.
func (h *Host) opened(r *http.Request, role keys.Role) (*record, engine.Collection, *problem.Problem) {
	rec, p := h.found(r, role)
	if p != nil {
		return nil, nil, p
	}
	c, err := h.Open(r.Context(), rec.Backing)
	if errors.Is(err, db.ErrNoCollection) {
		return rec, nil, nil
	}
	if err != nil {
		return nil, nil, h.Problem(r.Context(), err)
	}
	return rec, c, nil
}

// scan reads the documents that are chosen, from offset on; limit is -1 for all. Those
// of given ids come in the order of these, and others in byte order of their ids.
func (h *Host) scan(ctx context.Context, c engine.Collection, s *chosen, fields db.Fields, part page) ([]db.Document, *problem.Problem) {
	if s.text != nil {
		fields = fields&^db.FieldsNone | db.FieldText
	}
	scan := db.Scan{Filter: s.where, Fields: fields}
	if s.order == nil && s.text == nil && part.limit >= 0 {
		if part.limit == 0 {
			return nil, nil
		}
		scan.Limit = part.offset + part.limit
	}
	whole := s.order != nil // is cut when it is in order
	var out []db.Document
	skip := part.offset
	for d, err := range c.Scan(ctx, scan) {
		if err != nil {
			return nil, h.Problem(ctx, err)
		}
		if s.text != nil && !s.text(d.Text) {
			continue
		}
		if !whole {
			if skip > 0 {
				skip--
				continue
			}
			if len(out) == part.limit {
				break
			}
		}
		if p := h.Fits(ctx, func(yield func(*db.Document) bool) { yield(&d) }); p != nil {
			return nil, p.Hint("ask for fewer with limit and offset, or include less")
		}
		out = append(out, d)
	}
	if whole {
		out = cut(inOrder(out, s.order), part)
	}
	return out, nil
}

// inOrder sorts documents by where their ids are in a list.
func inOrder(docs []db.Document, ids []string) []db.Document {
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		if _, twice := at[id]; !twice {
			at[id] = i
		}
	}
	slices.SortStableFunc(docs, func(a, b db.Document) int { return at[norm.NFC.String(a.ID)] - at[norm.NFC.String(b.ID)] })
	return docs
}

func (h *Host) get(w http.ResponseWriter, r *http.Request) {
	in := struct {
		selection
		Include include `json:"include"`
		Limit   *int    `json:"limit"`
		Offset  *int    `json:"offset"`
	}{}
	p := decode(r, &in)
	if p == nil {
		p = in.Include.check("documents", "metadatas")
	}
	part := page{limit: -1}
	if in.Limit != nil {
		part.limit = *in.Limit
	}
	if in.Offset != nil {
		part.offset = *in.Offset
	}
	if p == nil && (part.offset < 0 || in.Limit != nil && part.limit < 0) {
		p = bad("limit", "limit and offset can't be less than 0")
	}
	var s chosen
	if p == nil {
		s, p = h.choose(&in.selection)
	}
	var c engine.Collection
	if p == nil {
		_, c, p = h.opened(r, keys.Read)
	}
	var docs []db.Document
	if p == nil && c != nil {
		docs, p = h.scan(r.Context(), c, &s, in.Include.fields(), part)
	}
	h.done(w, r, http.StatusOK, in.Include.rows(docs), p)
}

func (h *Host) count(w http.ResponseWriter, r *http.Request) {
	n, p := h.counted(r)
	h.done(w, r, http.StatusOK, n, p)
}

func (h *Host) counted(r *http.Request) (int, *problem.Problem) {
	_, c, p := h.opened(r, keys.Read)
	if p != nil || c == nil {
		return 0, p
	}
	n, err := c.Count(r.Context(), filter.All())
	if err != nil {
		return 0, h.Problem(r.Context(), err)
	}
	return n, nil
}

// indexing says that everything is indexed: a write ends when it is.
func (h *Host) indexing(w http.ResponseWriter, r *http.Request) {
	n, p := h.counted(r)
	h.done(w, r, http.StatusOK, map[string]any{"num_indexed_ops": n, "num_unindexed_ops": 0, "total_ops": n, "op_indexing_progress": 1.0}, p)
}

func (h *Host) delete(w http.ResponseWriter, r *http.Request) {
	in := struct {
		selection
		Limit *int `json:"limit"`
	}{}
	p := decode(r, &in)
	none := func(raw json.RawMessage) bool {
		s := strings.TrimSpace(string(raw))
		return s == "" || s == "null" || s == "{}"
	}
	if p == nil && in.IDs == nil && none(in.Where) && none(in.WhereDocument) {
		p = bad("", "You must provide either ids, where, or where_document to delete")
	}
	if p == nil && in.Limit != nil && *in.Limit < 0 {
		p = bad("limit", "limit can't be less than 0")
	}
	var s chosen
	if p == nil {
		s, p = h.choose(&in.selection)
	}
	var c engine.Collection
	if p == nil {
		_, c, p = h.opened(r, keys.Write)
	}
	n := 0
	if p == nil && c != nil {
		n, p = h.deleteChosen(r.Context(), c, &s, in.Limit)
	}
	h.done(w, r, http.StatusOK, map[string]any{"deleted": n}, p)
}

func (h *Host) deleteChosen(ctx context.Context, c engine.Collection, s *chosen, limit *int) (int, *problem.Problem) {
	if s.text == nil && limit == nil {
		n, err := c.DeleteWhere(ctx, s.where)
		if err != nil {
			return n, h.Problem(ctx, err)
		}
		return n, nil
	}
	part := page{limit: -1}
	if limit != nil {
		part.limit = *limit
	}
	ids, p := h.matchingIDs(ctx, c, s, part.limit)
	if p != nil {
		return 0, p
	}
	total := 0
	for ids := range slices.Chunk(ids, h.MaxBatch) {
		n, err := c.Delete(ctx, ids...)
		total += n
		if err != nil {
			return total, h.Problem(ctx, err)
		}
	}
	return total, nil
}

// matchingIDs are the ids of the documents that are chosen, at most limit; -1 for all.
func (h *Host) matchingIDs(ctx context.Context, c engine.Collection, s *chosen, limit int) (ids []string, p *problem.Problem) {
	fields := db.FieldsNone
	if s.text != nil {
		fields = db.FieldText
	}
	for d, err := range c.Scan(ctx, db.Scan{Filter: s.where, Fields: fields}) {
		if len(ids) == limit {
			break
		}
		if err != nil {
			return nil, h.Problem(ctx, err)
		}
		if s.text == nil || s.text(d.Text) {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}
