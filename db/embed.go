package db

import (
	"context"
	"fmt"
	"slices"

	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/quant"
)

// embed embeds the texts of documents that have no vector yet and need one.
func (v *version) embed(ctx context.Context, puts []index.Put) error {
	var texts []string
	var at []int
	for i := range puts {
		if p := &puts[i]; p.Vector == nil && !p.Unchanged {
			texts = append(texts, v.passage(p.Title, p.Text))
			at = append(at, i)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	e := v.embedder()
	if e == nil {
		return v.noEmbedder("document %q has a text and no embedding", puts[at[0]].ID)
	}
	vecs, err := e.EmbedPassages(ctx, texts)
	if err != nil {
		return fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	if len(vecs) != len(texts) {
		return fmt.Errorf("embed: the embedder returned %d vectors for %d texts", len(vecs), len(texts))
	}
	for i, vec := range vecs {
		if puts[at[i]].Vector, err = normalised(vec, v.Settings().Dims); err != nil {
			return fmt.Errorf("embed document %q: %w", puts[at[i]].ID, err)
		}
	}
	return nil
}

// local reports whether a model runs in this process, so that it may be asked for more
// than was asked of us: calls to a provider cost money. Such models count tokens.
func (v *version) local() bool { return embedder.Counter(v.embedder()) != nil }

// embedQuery returns the vector of a query, of unit length. It is nil for a text that
// the model knows nothing of.
func (v *version) embedQuery(ctx context.Context, q *Query) ([]float32, error) {
	dims := v.Settings().Dims
	if q.Embedding != nil {
		return normalised(q.Embedding, dims)
	}
	if vec := q.known[q.Text]; vec != nil {
		return vec, nil
	}
	e := v.embedder()
	if e == nil {
		return nil, v.noEmbedder("the query is a text; set its embedding, or open the collection with an embedder")
	}
	if !embedder.Recognizes(e, q.Text) {
		return nil, ctx.Err()
	}
	vec, err := e.EmbedQuery(ctx, q.Text)
	if err == nil {
		vec, err = normalised(vec, dims)
	}
	if err != nil {
		return nil, fmt.Errorf("embed query: %w", err)
	}
	if q.known != nil {
		q.known[q.Text] = vec
	}
	return vec, nil
}

// normalised checks a vector and returns a copy of unit length. The caller may
// reuse vec, but the store keeps the copy.
func normalised(vec []float32, dims int) ([]float32, error) {
	if err := checkVector(vec, dims); err != nil {
		return nil, err
	}
	vec = slices.Clone(vec)
	quant.Normalize(vec)
	return vec, nil
}
