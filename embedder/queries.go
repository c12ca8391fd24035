package embedder

import "context"

// A QueryBatcher is an Embedder that embeds several queries at once for less than one by
// one: a provider takes them in one request, a transformer in one batch.
type QueryBatcher interface {
	// EmbedQueries is EmbedQuery for each of the texts, in order.
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
}

// EmbedQueries embeds texts to search for, at once if e can. One that wraps another is
// asked itself, so that nothing passes it by.
func EmbedQueries(ctx context.Context, e Embedder, texts []string) ([][]float32, error) {
	if b, ok := e.(QueryBatcher); ok && len(texts) > 1 {
		return b.EmbedQueries(ctx, texts)
	}
	out := make([][]float32, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = e.EmbedQuery(ctx, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}
