package chroma

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

type question struct {
	selection
	Embeddings []vector `json:"query_embeddings"`
	Texts      []string `json:"query_texts"` // an extension: the server embeds them
	N          *int     `json:"n_results"`
	Include    include  `json:"include"`
}

// near is a document and its distance from a query.
type near struct {
	doc      db.Document
	distance float64
}

func (h *Host) query(w http.ResponseWriter, r *http.Request) {
	var in question
	p := decode(r, &in)
	if p == nil {
		p = h.checkQuestion(&in)
	}
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	lists, p := h.answer(r, &in)
	if p != nil {
		h.Fail(w, r, p)
		return
	}
	h.Answer(w, http.StatusOK, in.Include.lists(lists))
}

func (h *Host) checkQuestion(in *question) *problem.Problem {
	if in.N == nil {
		in.N = new(10)
	}
	if *in.N < 1 {
		return bad("n_results", "Number of requested results %d, cannot be negative, or zero.", *in.N)
	}
	n := max(len(in.Embeddings), len(in.Texts))
	switch {
	case n == 0:
		return bad("query_embeddings", "there is nothing to search for").Hint("send query_embeddings, or query_texts to have the server embed them")
	case len(in.Embeddings) > 0 && len(in.Texts) > 0:
		return bad("query_texts", "both query_embeddings and query_texts; want one of them")
	case n > h.MaxQueries:
		return problem.Refuse(http.StatusBadRequest, "limit_exceeded", "%d queries, at most %d", n, h.MaxQueries).At("query_embeddings").
			Hint(fmt.Sprintf("send at most %d in one request", h.MaxQueries))
	}
	for i, text := range in.Texts {
		if p := h.CheckText(text, fmt.Sprintf("query_texts[%d]", i)); p != nil {
			return p
		}
	}
	return in.Include.check("documents", "metadatas", "distances")
}

// answer finds the nearest documents of each query.
func (h *Host) answer(r *http.Request, in *question) ([][]near, *problem.Problem) {
	ctx := r.Context()
	s, p := h.choose(&in.selection)
	if p != nil {
		return nil, p
	}
	rec, c, p := h.opened(r, keys.Read)
	if p != nil {
		return nil, p
	}
	lists := make([][]near, max(len(in.Embeddings), len(in.Texts)))
	if c == nil {
		return lists, nil
	}
	there, err := c.Count(ctx, filter.All())
	if err != nil {
		return nil, h.Problem(ctx, err)
	}
	k := min(*in.N, there)
	if k > h.MaxK {
		return nil, problem.Refuse(http.StatusBadRequest, "limit_exceeded", "n_results is %d, at most %d", *in.N, h.MaxK).At("n_results")
	}
	if k == 0 {
		return lists, nil
	}
	if len(in.IDs) > 0 {
		if _, err := c.GetFields(ctx, db.FieldsNone, in.IDs...); errors.Is(err, db.ErrNotFound) {
			return nil, bad("ids", "Error finding id: %s", err)
		} else if err != nil {
			return nil, h.Problem(ctx, err)
		}
	}
	queries, p := h.asked(ctx, c, in)
	if p != nil {
		return nil, p
	}
	exact, err := h.needsExact(ctx, c, rec.space(), queries, &s)
	if err != nil {
		return nil, h.Problem(ctx, err)
	}
	f := finder{h: h, c: c, space: rec.space(), s: &s, k: k, fields: in.Include.fields()}
	if exact {
		err = f.compare(ctx, queries, lists)
	} else {
		for i, q := range queries {
			if lists[i], err = f.search(ctx, q); err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, h.Problem(ctx, err)
	}
	return lists, h.Fits(ctx, func(yield func(*db.Document) bool) {
		for _, list := range lists {
			for i := range list {
				if !yield(&list[i].doc) {
					return
				}
			}
		}
	})
}

// asked is a query and its length.
type asked struct {
	v    vector
	norm float64
}

func (h *Host) asked(ctx context.Context, c engine.Collection, in *question) ([]asked, *problem.Problem) {
	vectors := in.Embeddings
	if len(in.Texts) > 0 {
		model := c.Model()
		if model == nil || h.Model == nil || model.Fingerprint() != h.Model.Fingerprint() {
			return nil, bad("query_texts", "the embeddings of this collection are not those of the server's model").Hint("send query_embeddings")
		}
		embedded, p := h.EmbedQueries(ctx, in.Texts)
		if p != nil {
			return nil, p
		}
		for _, v := range embedded {
			vectors = append(vectors, v)
		}
	}
	out := make([]asked, len(vectors))
	for i, v := range vectors {
		n := v.norm()
		param := fmt.Sprintf("query_embeddings[%d]", i)
		switch {
		case len(v) != c.Dims():
			return nil, wrongDims(c, len(v)).At(param)
		case math.IsNaN(n) || math.IsInf(n, 0):
			return nil, bad(param, "the embedding has a component that is not a finite number")
		}
		out[i] = asked{v, n}
	}
	return out, nil
}

// needsExact reports whether all chosen documents have to be compared. A search goes
// by cosines, so the lengths of embeddings must not matter for their order, and it
// knows nothing of the texts that where_document asks for.
func (h *Host) needsExact(ctx context.Context, c engine.Collection, s space, queries []asked, ch *chosen) (bool, error) {
	if ch.text != nil {
		return true, nil
	}
	for _, q := range queries {
		if q.norm == 0 {
			return true, nil
		}
	}
	odd := filter.Or(filter.Lt(fieldNorm, 1-nearUnit), filter.Gt(fieldNorm, 1+nearUnit))
	if s == spaceCosine {
		odd = filter.Eq(fieldNorm, 0) // which has no cosine with another
	}
	n, err := c.Count(ctx, odd)
	return n > 0, err
}

// finder finds the nearest documents.
type finder struct {
	h      *Host
	c      engine.Collection
	space  space
	s      *chosen
	k      int
	fields db.Fields
}

// search asks the database. In other spaces than that of cosines it asks for more,
// and puts them in order: lengths may differ a little.
func (f *finder) search(ctx context.Context, q asked) ([]near, error) {
	k, fields := f.k, f.fields
	if f.space != spaceCosine {
		k, fields = min(2*k+16, max(k, f.h.MaxK)), fields&^db.FieldsNone|db.FieldMetadata
	}
	matches, err := f.h.Search(ctx, f.c, db.Query{Embedding: q.v, K: k, Filter: f.s.where, Mode: db.Dense, Fields: fields})
	if err != nil {
		return nil, err
	}
	out := make([]near, len(matches))
	for i, m := range matches {
		out[i] = near{m.Document, f.space.distance(float64(m.Cosine), q.norm, length(m.Document.Metadata))}
	}
	return nearest(out, f.k), nil
}

// compare reads all documents that are chosen, once for all queries.
func (f *finder) compare(ctx context.Context, queries []asked, lists [][]near) error {
	fields := f.fields&^db.FieldsNone | db.FieldMetadata | db.FieldEmbedding
	if f.s.text != nil {
		fields |= db.FieldText
	}
	for d, err := range f.c.Scan(ctx, db.Scan{Filter: f.s.where, Fields: fields}) {
		if err != nil {
			return err
		}
		if f.s.text != nil && !f.s.text(d.Text) {
			continue
		}
		own := length(d.Metadata)
		for i, q := range queries {
			cosine := 0.0
			if q.norm > 0 {
				cosine = dot(q.v, d.Embedding) / q.norm
			}
			lists[i] = append(lists[i], near{d, f.space.distance(cosine, q.norm, own)})
			if len(lists[i]) > 2*f.k+100 {
				lists[i] = nearest(lists[i], f.k)
			}
		}
	}
	for i := range lists {
		lists[i] = nearest(lists[i], f.k)
	}
	return nil
}

// nearest are the k nearest, in order.
func nearest(list []near, k int) []near {
	slices.SortStableFunc(list, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.doc.ID, b.doc.ID))
	})
	return list[:min(k, len(list))]
}

// lists are the answers to queries in columns, each with a list for each query.
func (in include) lists(answers [][]near) map[string]any {
	out := map[string]any{"include": in, "distances": nil}
	var distances []any
	for i, list := range answers {
		docs, of := make([]db.Document, len(list)), make([]float64, len(list))
		for j := range list {
			docs[j], of[j] = list[j].doc, list[j].distance
		}
		distances = append(distances, of)
		for name, column := range in.rows(docs) {
			switch {
			case name == "include":
			case column == nil:
				out[name] = nil
			case i == 0:
				out[name] = []any{column}
			default:
				out[name] = append(out[name].([]any), column) //nolint:forcetypeassert // it is what was just put there
			}
		}
	}
	if in.has("distances") {
		out["distances"] = distances
	}
	return out
}
