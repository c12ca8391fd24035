package chroma

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/server/keys"
	"github.com/fronyai/frony-db/server/problem"
)

func (h *Host) add(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusCreated, writing{create: true})
}

func (h *Host) update(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusOK, writing{change: true})
}

func (h *Host) upsert(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusOK, writing{create: true, change: true})
}

// writing says what to do about ids: create those that are new, change those that
// exist. Chroma passes over the others.
type writing struct{ create, change bool }

func (h *Host) write(w http.ResponseWriter, r *http.Request, status int, how writing) {
	var b batch
	p := decode(r, &b)
	if p == nil {
		p = h.checkBatch(&b)
	}
	var c *record
	if p == nil {
		c, p = h.found(r, keys.Write)
	}
	if p == nil {
		p = h.writeBatch(r.Context(), c, &b, how)
	}
	h.done(w, r, status, map[string]any{}, p)
}

func (h *Host) writeBatch(ctx context.Context, r *record, b *batch, how writing) *problem.Problem {
	c, p := h.forWrite(ctx, r, b, how.create)
	if c == nil || p != nil {
		return p
	}
	for i := range b.IDs {
		if v := b.embedding(i); v != nil && len(v) != c.Dims() {
			return wrongDims(c, len(v))
		}
	}
	defer h.merge(r.Backing)()
	precomputed := c.Model() == nil
	fields := db.FieldsDefault
	if precomputed {
		fields |= db.FieldEmbedding
	}
	if !how.change {
		fields = db.FieldsNone
	}
	there, err := c.GetFields(ctx, fields, b.IDs...)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return h.Problem(ctx, err)
	}
	byID := make(map[string]*db.Document, len(there))
	for i := range there {
		byID[norm.NFC.String(there[i].ID)] = &there[i]
	}
	var docs []db.Document
	for i, id := range b.IDs {
		d, known := byID[id]
		switch {
		case known && !how.change || !known && !how.create:
			continue
		case !known:
			d = &db.Document{ID: id}
		case !precomputed && b.text(i) == nil && b.embedding(i) == nil:
			// The text and what the model made of it stay.
			if p := h.patch(ctx, c, b, i); p != nil {
				return p
			}
			continue
		}
		if p := b.merge(d, i); p != nil {
			return p
		}
		if d.Embedding == nil && (precomputed || d.Text == "") {
			return noEmbedding(precomputed, id)
		}
		docs = append(docs, *d)
	}
	for part := range transactions(docs) {
		if _, err := c.Upsert(ctx, part...); err != nil {
			return h.Problem(ctx, err)
		}
	}
	return nil
}

// transactionBytes is about how much is written in one transaction: less than half of
// what the store takes.
const transactionBytes = 4 << 20

// transactions cuts documents into parts that the store takes. If one fails, those
// before it are written, and the request can be repeated.
func transactions(docs []db.Document) iter.Seq[[]db.Document] {
	return func(yield func([]db.Document) bool) {
		from, size := 0, 0
		for i := range docs {
			n := 500 + 2*len(docs[i].Text) + 4*len(docs[i].Embedding)
			if size += n; size > transactionBytes && i > from {
				if !yield(docs[from:i]) {
					return
				}
				from, size = i, n
			}
		}
		if from < len(docs) {
			yield(docs[from:])
		}
	}
}

func noEmbedding(precomputed bool, id string) *problem.Problem {
	if precomputed {
		return bad("embeddings", "the document %.200q has no embedding, and those of this collection come with the documents", id)
	}
	return bad("documents", "the document %.200q has neither a text nor an embedding", id)
}

func wrongDims(c engine.Collection, n int) *problem.Problem {
	return bad("embeddings", "Collection expecting embedding with dimension of %d, got %d", c.Dims(), n)
}

// patch changes the metadata of document i.
func (h *Host) patch(ctx context.Context, c engine.Collection, b *batch, i int) *problem.Problem {
	change, p := b.change(i)
	if p != nil || len(change) == 0 {
		return p
	}
	err := c.Update(ctx, b.IDs[i], db.Patch{Metadata: change})
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return h.Problem(ctx, err)
	}
	return nil
}

// forWrite opens a collection. The first documents make it: with embeddings of their
// own it has these dimensions, and without any it is the server's model's. It is nil
// if there is nothing to write to, and nothing to create.
func (h *Host) forWrite(ctx context.Context, r *record, b *batch, create bool) (engine.Collection, *problem.Problem) {
	c, err := h.Open(ctx, r.Backing)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, db.ErrNoCollection) {
		return nil, h.Problem(ctx, err)
	}
	if !create {
		return nil, nil
	}
	o := &db.CollectionOptions{}
	if v := b.embedding(0); v != nil {
		if len(v) == 0 {
			return nil, bad("embeddings[0]", "the embedding is empty")
		}
		o.Dims, o.Precomputed = len(v), true
	} else if h.Model == nil {
		return nil, bad("embeddings", "there are no embeddings, and this server has no model").Hint("send embeddings, or start it with --model")
	}
	for i := range b.IDs {
		if (b.embedding(i) == nil) == o.Precomputed {
			return nil, bad("embeddings", "some documents have embeddings and others don't")
		}
	}
	h.naming.Lock()
	defer h.naming.Unlock()
	// It may have been deleted, or made by another, meanwhile.
	if _, p := h.find(ctx, keys.Write, r.Tenant, r.Database, r.ID); p != nil {
		return nil, p
	}
	if c, err = h.Open(ctx, r.Backing); !errors.Is(err, db.ErrNoCollection) {
		if err != nil {
			return nil, h.Problem(ctx, err)
		}
		return c, nil
	}
	if c, err = h.DB.Collection(ctx, r.Backing, o); err != nil {
		return nil, h.Problem(ctx, err)
	}
	return c, nil
}
