package embedder

// A Recognizer is an Embedder that can tell whether it knows anything of a text. What
// it does not know, such as a string of letters or an emoji, has a vector that says
// nothing, and is near to documents by chance.
type Recognizer interface {
	// Recognizes reports whether the model knows any word, or part of one, in text. It
	// may be called concurrently.
	Recognizes(text string) bool
}

// Recognizes reports whether e, or the Embedder that it wraps, knows anything of a
// text. One that cannot tell is taken to know every text.
func Recognizes(e Embedder, text string) bool {
	if r, ok := find[Recognizer](e); ok {
		return r.Recognizes(text)
	}
	return true
}
