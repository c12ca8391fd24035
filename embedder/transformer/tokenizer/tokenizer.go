package tokenizer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"sync"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/unitext"
)

// Tokenizer encodes text with one model's tokenizer.json. Use Open or Parse to
// make one. It is safe for concurrent use.
type Tokenizer struct {
	hash      string
	tables    *unitext.Tables
	normalize []normalizer
	split     []splitter
	model     model
	raw       matcher // added tokens found in the text as written
	cooked    matcher // added tokens found in normalised text
	added     map[string]int32
	prefix    []int32 // special tokens before and after a text
	suffix    []int32
	size      int
	encoders  sync.Pool // of *encoder
}

// model turns one word into ids.
type model interface {
	// encode appends the ids of word, which is not empty. It may use e's buffers.
	encode(e *encoder, word []byte)
	// id returns the id of a token in the vocabulary.
	id(token string) (int32, bool)
	// size is the length of the vocabulary, maxID its largest id.
	size() int
	maxID() int32
}

// Open reads a tokenizer.json.
func Open(path string) (*Tokenizer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Parse reads the content of a tokenizer.json. It does not retain data. Errors wrap
// ErrInvalid or ErrUnsupported and name the field.
func Parse(data []byte) (*Tokenizer, error) {
	sum := sha256.Sum256(data)
	t := &Tokenizer{hash: hex.EncodeToString(sum[:]), tables: unitext.Load()}
	if err := t.load(data); err != nil {
		return nil, err
	}
	return t, nil
}

// Hash is the SHA-256 sum of the file, in hexadecimal.
func (t *Tokenizer) Hash() string { return t.hash }

// VocabSize is one more than the largest token id: the minimum number of rows in a model's
// embedding table.
func (t *Tokenizer) VocabSize() int { return t.size }

// TokenID returns the id of an added token or of one in the vocabulary.
func (t *Tokenizer) TokenID(token string) (int32, bool) {
	if id, ok := t.added[token]; ok {
		return id, true
	}
	return t.model.id(token)
}

// Specials returns how many special tokens frame an encoded text.
func (t *Tokenizer) Specials() int { return len(t.prefix) + len(t.suffix) }

// Encode returns the ids of text, framed by the special tokens of the file's
// post_processor if addSpecial is set.
func (t *Tokenizer) Encode(text string, addSpecial bool) []int32 {
	return t.AppendEncode(make([]int32, 0, len(text)/3+8), text, addSpecial)
}

// AppendEncode is Encode that appends to dst. It allocates only if dst has to grow.
func (t *Tokenizer) AppendEncode(dst []int32, text string, addSpecial bool) []int32 {
	if !addSpecial {
		return t.append(dst, text, -1)
	}
	dst = append(dst, t.prefix...)
	dst = t.append(dst, text, -1)
	return append(dst, t.suffix...)
}

// EncodeTruncated appends the ids of text with its special tokens, at most limit ids in
// all. Text is cut; the special tokens at the end are kept. If limit is smaller than the
// number of special tokens, only the first of those are appended. A limit of 0 or less
// means no limit. Text beyond the limit is normalised, but not searched for tokens.
func (t *Tokenizer) EncodeTruncated(dst []int32, text string, limit int) []int32 {
	if limit <= 0 {
		return t.AppendEncode(dst, text, true)
	}
	start := len(dst)
	dst = append(dst, t.prefix...)
	if n := limit - t.Specials(); n > 0 {
		dst = t.append(dst, text, n)
	}
	dst = append(dst, t.suffix...)
	return dst[:min(len(dst), start+limit)]
}
