package embedder

// Token is a piece of a text as the model reads it.
type Token struct {
	ID   int32
	Text string // as it stands in the text
	// Start and End are where it stands, in characters (code points). A text that is
	// normalised may have tokens that share characters.
	Start, End int
}

// A Tokenizer is an Embedder that tells the tokens of a text.
type Tokenizer interface {
	// Tokens returns the tokens of a text, without a prefix, in order. It may be
	// called concurrently.
	Tokens(text string) []Token
}

// Tokens returns the Tokens method of e, or of the Embedder that it wraps, or nil if
// neither has one.
func Tokens(e Embedder) func(text string) []Token {
	if t, ok := find[Tokenizer](e); ok {
		return t.Tokens
	}
	return nil
}

// find returns e as a T, or the Embedder that it wraps. An Embedder that wraps another
// has a method Unwrap() Embedder.
func find[T any](e Embedder) (t T, ok bool) {
	for e != nil {
		if t, ok = e.(T); ok {
			return t, true
		}
		w, wraps := e.(interface{ Unwrap() Embedder })
		if !wraps {
			break
		}
		e = w.Unwrap()
	}
	return t, false
}
