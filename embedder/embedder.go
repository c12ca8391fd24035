package embedder

import "context"

// Embedder turns text into vectors. Passages are stored, queries search for them.
// The two roles have methods of their own because models are trained to embed them
// differently, and a query embedded as a passage fails silently and expensively.
//
// Every vector has length Spec().Dims and unit L2 norm (see Normalize), and belongs
// to the caller. The same text in the same role always has the same vector, alone or
// in a batch. Methods may be called concurrently.
type Embedder interface {
	// EmbedPassages embeds texts to be stored, one vector per text, in order. An
	// empty batch has an empty result. It returns ctx.Err() when cancelled.
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)

	// EmbedQuery embeds a text to search for.
	EmbedQuery(ctx context.Context, text string) ([]float32, error)

	// Spec identifies the model. It never changes.
	Spec() Spec
}
