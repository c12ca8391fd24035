package fronydb

import (
	"context"
	"fmt"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core"
	"github.com/firebase/genkit/go/core/api"
	"github.com/firebase/genkit/go/genkit"

	"github.com/fronyai/frony-db/integrations/store"
)

// EmbedOptions are the options of an embedder that DefineEmbedder defines: a value, a
// pointer, or the same as JSON.
type EmbedOptions struct {
	// Query says that the texts are questions, not documents.
	Query bool `json:"query,omitempty"`
}

// DefineEmbedder registers a model as the embedder fronydb/NAME: one of package embedder,
// or a *client.Client for the model of a server.
func DefineEmbedder(g *genkit.Genkit, name string, e store.Embedder) ai.Embedder {
	return genkit.DefineEmbedder(g, api.NewName(provider, name), &ai.EmbedderOptions{
		Label:        "frony-db: " + name,
		ConfigSchema: core.InferSchemaMap(EmbedOptions{}),
		Supports:     &ai.EmbedderSupports{Input: []string{"text"}, Multilingual: true},
	}, func(ctx context.Context, req *ai.EmbedRequest) (*ai.EmbedResponse, error) {
		o, err := optionsOf[EmbedOptions](req.Options)
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(req.Input))
		for i, d := range req.Input {
			texts[i] = textOf(d)
		}
		vectors, err := embed(ctx, e, texts, o.Query)
		if err != nil {
			return nil, err
		}
		out := &ai.EmbedResponse{Embeddings: make([]*ai.Embedding, len(vectors))}
		for i, v := range vectors {
			out.Embeddings[i] = &ai.Embedding{Embedding: v}
		}
		return out, nil
	})
}

func embed(ctx context.Context, e store.Embedder, texts []string, queries bool) (vectors [][]float32, err error) {
	if !queries {
		return e.EmbedPassages(ctx, texts)
	}
	vectors = make([][]float32, len(texts))
	for i, text := range texts {
		if vectors[i], err = e.EmbedQuery(ctx, text); err != nil {
			return nil, err
		}
	}
	return vectors, nil
}

// theirs is an embedder of Genkit as one for the store.
type theirs struct {
	e                ai.Embedder
	documents, query any
}

func (t theirs) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return t.embed(ctx, texts, t.documents)
}

func (t theirs) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	vectors, err := t.embed(ctx, []string{text}, t.query)
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

func (t theirs) embed(ctx context.Context, texts []string, options any) ([][]float32, error) {
	req := &ai.EmbedRequest{Options: options, Input: make([]*ai.Document, len(texts))}
	for i, text := range texts {
		req.Input[i] = ai.DocumentFromText(text, nil)
	}
	res, err := t.e.Embed(ctx, req)
	if err != nil {
		return nil, err
	}
	if len(res.Embeddings) != len(texts) {
		return nil, fmt.Errorf("the embedder returned %d embeddings of %d texts", len(res.Embeddings), len(texts))
	}
	out := make([][]float32, len(texts))
	for i, v := range res.Embeddings {
		out[i] = v.Embedding
	}
	return out, nil
}
