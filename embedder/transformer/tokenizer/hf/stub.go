//go:build !native || !cgo

package hf

// Tokenizer is a stub: this program was built without the library.
type Tokenizer struct{}

// Open returns ErrNotBuilt.
func Open(string) (*Tokenizer, error) { return nil, ErrNotBuilt }

// VocabSize is 0.
func (*Tokenizer) VocabSize() int { return 0 }

// TokenID finds nothing.
func (*Tokenizer) TokenID(string) (int32, bool) { return 0, false }

// Hash is empty.
func (*Tokenizer) Hash() string { return "" }

// AppendEncode appends nothing.
func (*Tokenizer) AppendEncode(dst []int32, _ string, _ bool) []int32 { return dst }

// EncodeTruncated appends nothing.
func (*Tokenizer) EncodeTruncated(dst []int32, _ string, _ int) []int32 { return dst }

// Close does nothing.
func (*Tokenizer) Close() error { return nil }
