package embedder

import "context"

// Embedder turns text into vectors. A passage is what is stored, a query is
// what is asked; the two roles are separate methods because models are trained
// to embed them differently, and embedding a query as a passage fails silently
// and expensively.
//
// Every vector has length Spec().Dims and unit L2 norm. The caller owns what is
// returned. The same text in the same role always gives the same vector, alone
// or within a batch. Methods may be called concurrently.
type Embedder interface {
	// EmbedPassages embeds stored texts, one vector per text, in order. An empty
	// batch gives an empty result. It returns ctx.Err() when cancelled.
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)

	// EmbedQuery embeds a question.
	EmbedQuery(ctx context.Context, text string) ([]float32, error)

	// Spec says which model this is. It is constant for the Embedder's life.
	Spec() Spec
}
