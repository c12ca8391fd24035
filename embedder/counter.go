package embedder

// A TokenCounter is an Embedder that can count a text's tokens, so that long texts are
// chunked to fit the model.
type TokenCounter interface {
	// CountTokens returns the number of tokens in text as a passage, including the
	// prefix and the special tokens. Tokens beyond Spec().MaxTokens, if it is not 0,
	// are not read. It may be called concurrently.
	CountTokens(text string) int
}

// Counter returns the CountTokens method of e, or of the Embedder that it wraps, or nil
// if neither has one.
func Counter(e Embedder) func(text string) int {
	if c, ok := find[TokenCounter](e); ok {
		return c.CountTokens
	}
	return nil
}
