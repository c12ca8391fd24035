package transformer

import (
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer"
	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/hf"
)

// Tokenizer turns text into the ids that a model was trained with. All methods
// but Close may be called concurrently.
type Tokenizer interface {
	// AppendEncode appends to dst the ids of text, with the special tokens that
	// frame it if addSpecial is set.
	AppendEncode(dst []int32, text string, addSpecial bool) []int32
	// EncodeTruncated appends to dst the ids of text with special tokens, at most
	// limit of them. Text is cut; the final special tokens are kept.
	EncodeTruncated(dst []int32, text string, limit int) []int32
	// VocabSize is one more than the largest id.
	VocabSize() int
	// TokenID is the id of an added token, such as <Q>.
	TokenID(token string) (int32, bool)
	// Hash is the SHA-256 sum of the file, in hexadecimal.
	Hash() string
	Close() error
}

// own is the Go tokenizer. It has nothing to close.
type own struct{ *tokenizer.Tokenizer }

func (own) Close() error { return nil }

// OpenTokenizer reads a tokenizer.json in Go, or with Hugging Face's library (package hf)
// if the Go tokenizer does not support it and the program has the library. Both produce
// the same ids, so the choice is not part of a model's identity.
func OpenTokenizer(path string) (Tokenizer, error) {
	t, err := tokenizer.Open(path)
	if err == nil {
		return own{t}, nil
	}
	if !errors.Is(err, tokenizer.ErrUnsupported) {
		return nil, err
	}
	rust, e := hf.Open(path)
	switch {
	case errors.Is(e, hf.ErrNotBuilt):
		return nil, fmt.Errorf("%w by the Go tokenizer; Hugging Face's may read it: build with -tags native", err)
	case e != nil:
		return nil, errors.Join(err, e)
	}
	return rust, nil
}
