package fronydb

import (
	"context"
	"fmt"

	"github.com/cloudwego/eino/components/embedding"

	"github.com/fronyai/frony-db/integrations/store"
)

// PassageEmbedder returns a model as an embedder for Eino that embeds documents: a model
// of package embedder, or a *client.Client for the model of a server.
func PassageEmbedder(e store.Embedder) embedding.Embedder { return passageEmbedder{e} }

// QueryEmbedder returns a model as an embedder for Eino that embeds questions.
func QueryEmbedder(e store.Embedder) embedding.Embedder { return queryEmbedder{e} }

type passageEmbedder struct{ e store.Embedder }

func (p passageEmbedder) EmbedStrings(ctx context.Context, texts []string, _ ...embedding.Option) ([][]float64, error) {
	vectors, err := p.e.EmbedPassages(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(vectors))
	for i, v := range vectors {
		out[i] = widen(v)
	}
	return out, nil
}

type queryEmbedder struct{ e store.Embedder }

func (q queryEmbedder) EmbedStrings(ctx context.Context, texts []string, _ ...embedding.Option) ([][]float64, error) {
	out := make([][]float64, len(texts))
	for i, text := range texts {
		v, err := q.e.EmbedQuery(ctx, text)
		if err != nil {
			return nil, err
		}
		out[i] = widen(v)
	}
	return out, nil
}

// theirs is an embedder of Eino, which knows no roles, as one for the store.
type theirs struct{ e embedding.Embedder }

func (t theirs) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	vectors, err := t.e.EmbedStrings(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([][]float32, len(vectors))
	for i, v := range vectors {
		out[i] = narrow(v)
	}
	return out, nil
}

func (t theirs) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	vectors, err := t.EmbedPassages(ctx, []string{text})
	if err != nil {
		return nil, err
	}
	if len(vectors) != 1 {
		return nil, fmt.Errorf("the embedder returned %d embeddings of 1 text", len(vectors))
	}
	return vectors[0], nil
}

// embedder returns an embedder of Eino as one for the store, nil for none.
func embedder(e embedding.Embedder) store.Embedder {
	if e == nil {
		return nil
	}
	return theirs{e}
}

func narrow(v []float64) []float32 {
	if v == nil {
		return nil
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func widen(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
