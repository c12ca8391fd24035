package builtin

import (
	"context"

	"github.com/fronyai/frony-db/embedder"
)

const (
	// Dims is the length of the vectors.
	Dims = 384
	// HeadDims is the length of the Matryoshka head.
	HeadDims = 192
)

// Embedder is the embedded default model. It is safe for concurrent use.
type Embedder struct{}

// New returns the embedded default model.
func New() *Embedder { return new(Embedder) }

// Spec names the model and its version.
func (*Embedder) Spec() embedder.Spec {
	return embedder.Spec{
		Model:         "frony-db/builtin",
		Revision:      "0",
		Dims:          Dims,
		HeadDims:      HeadDims,
		QueryPrefix:   "<Q>",
		PassagePrefix: "<P>",
		Pooling:       "bag",
	}
}

// EmbedPassages embeds each text: 384 dimensions, unit length.
func (*Embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	var b bag
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = b.embed(text)
	}
	return vectors, ctx.Err()
}

// EmbedQuery embeds text: 384 dimensions, unit length. The lexical model has
// the same vector for both roles.
func (*Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var b bag
	return b.embed(text), nil
}
