package chroma

import (
	"fmt"
	"maps"
	"math"
	"net/http"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/server/problem"
)

// The fields of a document's metadata that are ours. Chroma's clients don't see them.
const (
	fieldNorm = "chroma:norm" // the length of its embedding, if it is not 1
	fieldURI  = "chroma:uri"
	fieldBare = "chroma:empty" // the text is empty, and not missing
)

// batch is what a request writes, in columns: a column that is there has an element
// for each id.
type batch struct {
	IDs        []string         `json:"ids"`
	Embeddings []vector         `json:"embeddings"`
	Documents  []*string        `json:"documents"`
	Metadatas  []map[string]any `json:"metadatas"`
	URIs       []*string        `json:"uris"`
}

func (h *Host) checkBatch(b *batch) *problem.Problem {
	n := len(b.IDs)
	switch {
	case n == 0:
		return bad("ids", "Expected IDs to be a non-empty list, got 0 IDs")
	case n > h.MaxBatch:
		return problem.Refuse(http.StatusRequestEntityTooLarge, "batch_too_large", "%d ids, at most %d", n, h.MaxBatch).At("ids").
			Hint("GET /api/v2/pre-flight-checks tells the limit")
	}
	for _, column := range []struct {
		name string
		n    int
	}{
		{"embeddings", len(b.Embeddings)},
		{"documents", len(b.Documents)},
		{"metadatas", len(b.Metadatas)},
		{"uris", len(b.URIs)},
	} {
		if column.n != 0 && column.n != n {
			return bad(column.name, "%d %s for %d ids", column.n, column.name, n)
		}
	}
	b.IDs = composed(b.IDs)
	ids := make(map[string]bool, n)
	for i, id := range b.IDs {
		if ids[id] {
			return bad("ids", "Expected IDs to be unique, found %.200q twice", id)
		}
		ids[id] = true
		if len(b.Documents) > 0 && b.Documents[i] != nil {
			if p := h.CheckText(*b.Documents[i], fmt.Sprintf("documents[%d]", i)); p != nil {
				return p
			}
		}
		if len(b.Metadatas) > 0 {
			if p := checkMetadata(b.Metadatas[i]); p != nil {
				return p
			}
		}
	}
	return nil
}

// checkMetadata refuses what would not come back as it is.
func checkMetadata(m map[string]any) *problem.Problem {
	for name, v := range m {
		switch v := v.(type) {
		case map[string]any:
			if v["#type"] != nil {
				return bad("metadatas", "the metadata %.100q is a sparse vector, and there is no index of these here", name)
			}
			return bad("metadatas", "the metadata %.100q is an object; want a string, a number, a boolean or a list of strings or numbers", name)
		case []any:
			if len(v) == 0 {
				return bad("metadatas", "the metadata %.100q is an empty list", name)
			}
		}
		if ours(name) {
			return bad("metadatas", "the name %s is reserved", name)
		}
	}
	return nil
}

func ours(name string) bool { return name == fieldNorm || name == fieldURI || name == fieldBare }

// composed returns ids as the database compares them: macOS decomposes 메, and nobody
// sees it.
func composed(ids []string) []string {
	if ids == nil {
		return nil
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = norm.NFC.String(id)
	}
	return out
}

// embedding is that of document i; nil if there is none.
func (b *batch) embedding(i int) vector {
	if len(b.Embeddings) == 0 {
		return nil
	}
	return b.Embeddings[i]
}

// text is that of document i; nil if there is none.
func (b *batch) text(i int) *string {
	if len(b.Documents) == 0 {
		return nil
	}
	return b.Documents[i]
}

// change is what the batch says of the metadata of document i, ours included. A nil
// value deletes the field.
func (b *batch) change(i int) (db.Metadata, *problem.Problem) {
	out := db.Metadata{}
	if len(b.Metadatas) > 0 {
		maps.Copy(out, b.Metadatas[i])
	}
	if text := b.text(i); text != nil {
		out[fieldBare] = nil
		if *text == "" {
			out[fieldBare] = true
		}
	}
	if len(b.URIs) > 0 && b.URIs[i] != nil {
		out[fieldURI] = *b.URIs[i]
	}
	v := b.embedding(i)
	if v == nil {
		return out, nil
	}
	n := v.norm()
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, bad(fmt.Sprintf("embeddings[%d]", i), "the embedding has a component that is not a finite number")
	}
	out[fieldNorm] = nil
	if math.Abs(n-1) > unitWithin {
		out[fieldNorm] = n
	}
	return out, nil
}

// merge applies the batch's document i to what is there.
func (b *batch) merge(d *db.Document, i int) *problem.Problem {
	change, p := b.change(i)
	if p != nil {
		return p
	}
	m := make(db.Metadata, len(d.Metadata)+len(change))
	maps.Copy(m, d.Metadata)
	for name, v := range change {
		if m[name] = v; v == nil {
			delete(m, name)
		}
	}
	d.Metadata = m
	if text := b.text(i); text != nil {
		d.Text = *text
	}
	v := b.embedding(i)
	if v == nil {
		return nil
	}
	if v.norm() > 0 {
		d.Embedding = v
		return nil
	}
	// Zero has no direction, and its distance needs none: its length is kept.
	d.Embedding = make([]float32, len(v))
	if len(v) > 0 {
		d.Embedding[0] = 1
	}
	return nil
}

// length is that of a document's embedding.
func length(m db.Metadata) float64 {
	switch n := m[fieldNorm].(type) {
	case float64:
		return n
	case int64:
		return float64(n)
	}
	return 1
}
