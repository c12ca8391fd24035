//go:build native && cgo

package hf

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/daulet/tokenizers"
)

// Tokenizer encodes text with one model's tokenizer.json. It is safe for concurrent use,
// except Close.
type Tokenizer struct {
	rust   *tokenizers.Tokenizer
	hash   string
	added  map[string]int32
	size   int
	prefix []int32 // special tokens before and after a text
	suffix []int32
}

// Open reads a tokenizer.json. The caller closes the Tokenizer.
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

// Parse reads the content of a tokenizer.json. As in package tokenizer, its truncation and
// padding sections are ignored.
func Parse(data []byte) (*Tokenizer, error) {
	var file map[string]json.RawMessage
	var added []struct {
		ID      int32  `json:"id"`
		Content string `json:"content"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if raw := file["added_tokens"]; raw != nil {
		if err := json.Unmarshal(raw, &added); err != nil {
			return nil, fmt.Errorf("tokenizer: added_tokens: %w", err)
		}
	}
	delete(file, "truncation")
	delete(file, "padding")
	text, err := json.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	rust, err := tokenizers.FromBytes(text)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	sum := sha256.Sum256(data)
	t := &Tokenizer{rust: rust, hash: hex.EncodeToString(sum[:]), added: map[string]int32{}, size: int(rust.VocabSize())}
	for _, a := range added {
		t.added[a.Content] = a.ID
		t.size = max(t.size, int(a.ID)+1)
	}
	if err := t.findFrame(); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// findFrame finds out which special tokens go before and after a text.
func (t *Tokenizer) findFrame() error {
	frame := t.encode(nil, "", true)
	for _, text := range []string{"a", "가", "1", "."} {
		plain, framed := t.encode(nil, text, false), t.encode(nil, text, true)
		for i := range len(framed) - len(plain) + 1 {
			if len(plain) > 0 && len(framed) == len(plain)+len(frame) && slices.Equal(framed[i:i+len(plain)], plain) {
				t.prefix, t.suffix = framed[:i], framed[i+len(plain):]
				return nil
			}
		}
	}
	return errors.New("tokenizer: post_processor: does not frame every text with the same tokens")
}

// Hash is the SHA-256 sum of the file, in hexadecimal.
func (t *Tokenizer) Hash() string { return t.hash }

// VocabSize is one more than the largest token id, in a vocabulary without
// gaps.
func (t *Tokenizer) VocabSize() int { return t.size }

// TokenID returns the id of an added token. Other tokens may be split anywhere in a text.
func (t *Tokenizer) TokenID(token string) (int32, bool) {
	id, ok := t.added[token]
	return id, ok
}

// AppendEncode appends the ids of text, framed by the special tokens of the
// file's post_processor if addSpecial is set.
func (t *Tokenizer) AppendEncode(dst []int32, text string, addSpecial bool) []int32 {
	if !addSpecial {
		return t.encode(dst, text, false)
	}
	return t.EncodeTruncated(dst, text, 0)
}

// EncodeTruncated appends the ids of text with its special tokens, at most limit ids in
// all. Text is cut; the special tokens at the end are kept. If limit is smaller than the
// number of special tokens, only the first of those are appended. A limit of 0 or less
// means no limit. All of the text is encoded, whatever the limit.
func (t *Tokenizer) EncodeTruncated(dst []int32, text string, limit int) []int32 {
	start := len(dst)
	dst = append(dst, t.prefix...)
	dst = t.encode(dst, text, false)
	frame := len(t.prefix) + len(t.suffix)
	if limit > 0 && len(dst)-start+len(t.suffix) > limit {
		dst = append(dst[:start+len(t.prefix)+max(0, limit-frame)], t.suffix...)
		return dst[:start+min(limit, len(dst)-start)]
	}
	return append(dst, t.suffix...)
}

func (t *Tokenizer) encode(dst []int32, text string, addSpecial bool) []int32 {
	text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	// Not Encode, which also creates C strings of the tokens.
	for _, id := range t.rust.EncodeWithOptions(text, addSpecial).IDs {
		dst = append(dst, int32(id))
	}
	return dst
}

// Close releases the library's memory. Nothing may be encoded afterwards.
func (t *Tokenizer) Close() error { return t.rust.Close() }
