package embedder

// A TokenCounter is an Embedder that can tell what a text costs it, so that long
// texts are cut where the model would cut them.
type TokenCounter interface {
	// CountTokens says how many tokens text takes as a passage, with the prefix and
	// the special tokens: more than Spec().MaxTokens, where there is a limit, are
	// not read. It may be called concurrently.
	CountTokens(text string) int
}

// Counter returns the CountTokens of e or of what it wraps, and nil if there is
// none. An Embedder that wraps another says so by a method Unwrap() Embedder.
func Counter(e Embedder) func(text string) int {
	for e != nil {
		if c, ok := e.(TokenCounter); ok {
			return c.CountTokens
		}
		w, ok := e.(interface{ Unwrap() Embedder })
		if !ok {
			break
		}
		e = w.Unwrap()
	}
	return nil
}
