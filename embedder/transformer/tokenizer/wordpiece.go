package tokenizer

import (
	"encoding/json"
	"math"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/trie"
)

// wordPiece is BERT's model (Schuster and Nakajima, "Japanese and Korean Voice
// Search", 2012): from the left, the longest piece in the vocabulary. Pieces within a word
// have the prefix "##". A word that cannot be split this way becomes the unknown token.
type wordPiece struct {
	trie     *trie.Trie
	inside   trie.Node // where the prefix leads
	hasInner bool      // some piece starts with the prefix
	unk      int32
	maxChars int
	count    int
	last     int32
}

func loadWordPiece(vocab, unk, prefix, maxChars json.RawMessage) (*wordPiece, error) {
	w := &wordPiece{maxChars: 100, last: -1}
	var entries []trie.Entry
	s := &scanner{data: vocab}
	err := s.object(func(key string) error {
		f, err := s.number()
		if err != nil {
			return err
		}
		if f < 0 || f > trie.MaxValue || f != math.Trunc(f) {
			return s.errorf("id %v of %q, want 0 to %d", f, key, trie.MaxValue)
		}
		entries = append(entries, trie.Entry{Key: key, Value: uint32(f)})
		w.last = max(w.last, int32(f))
		return nil
	})
	if err != nil {
		return nil, invalid("model.vocab", "%v", err)
	}
	w.count = distinct(entries)
	if w.trie, err = trie.New(entries); err != nil {
		return nil, invalid("model.vocab", "%v", err)
	}
	token, inner := "[UNK]", "##"
	if !isNull(unk) {
		if err := decode("model.unk_token", unk, &token); err != nil {
			return nil, err
		}
	}
	if !isNull(prefix) {
		if err := decode("model.continuing_subword_prefix", prefix, &inner); err != nil {
			return nil, err
		}
	}
	if !isNull(maxChars) {
		if err := decode("model.max_input_chars_per_word", maxChars, &w.maxChars); err != nil {
			return nil, err
		}
	}
	var ok bool
	if w.unk, ok = w.id(token); !ok {
		return nil, invalid("model.unk_token", "%q is not in the vocabulary", token)
	}
	w.inside, w.hasInner = w.trie.Root(), true
	for i := 0; i < len(inner) && w.hasInner; i++ {
		w.inside, _, w.hasInner = w.trie.Step(w.inside, inner[i])
	}
	return w, nil
}

// distinct counts the keys of entries, including an empty key, which tries omit.
func distinct(entries []trie.Entry) int {
	seen := make(map[string]struct{}, len(entries))
	for _, e := range entries {
		seen[e.Key] = struct{}{}
	}
	return len(seen)
}

func (w *wordPiece) id(token string) (int32, bool) {
	v, ok := w.trie.Get(token)
	return int32(v), ok
}

func (w *wordPiece) size() int    { return w.count }
func (w *wordPiece) maxID() int32 { return w.last }

func (w *wordPiece) encode(e *encoder, word []byte) {
	if len(word) > w.maxChars && utf8.RuneCount(word) > w.maxChars {
		e.ids = append(e.ids, w.unk)
		return
	}
	first, node, ok := len(e.ids), w.trie.Root(), true
	for i := 0; i < len(word); {
		id, end := int32(-1), i
		for j := i; ok && j < len(word); j++ {
			var v uint32
			if node, v, ok = w.trie.Step(node, word[j]); ok && v != 0 {
				id, end = int32(v-1), j+1
			}
		}
		if id < 0 {
			e.ids = append(e.ids[:first], w.unk)
			return
		}
		e.ids = append(e.ids, id)
		i, node, ok = end, w.inside, w.hasInner
	}
}
