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
	// EncodeTruncated appends to dst the ids of text with special tokens, at
	// most limit of them, the last special token kept.
	EncodeTruncated(dst []int32, text string, limit int) []int32
	// VocabSize is one more than the largest id.
	VocabSize() int
	// TokenID is the id of a token that a prefix may be, such as <Q>.
	TokenID(token string) (int32, bool)
	// Hash is the SHA-256 sum of the file, in hexadecimal.
	Hash() string
	Close() error
}

// own is the Go tokenizer, which has nothing to close.
type own struct{ *tokenizer.Tokenizer }

func (own) Close() error { return nil }

// OpenTokenizer reads a tokenizer.json: in Go, or, what that doesn't know and
// if the program has it, with Hugging Face's library (package hf). Where both
// read a file their ids are the same, so that it is no part of a model's
// identity who does.
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
		return nil, fmt.Errorf("%w by the tokenizer in Go; Hugging Face's may read it: build with -tags native", err)
	case e != nil:
		return nil, errors.Join(err, e)
	}
	return rust, nil
}
