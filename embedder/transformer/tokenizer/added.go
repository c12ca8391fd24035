package tokenizer

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/trie"
	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/unitext"
)

// addedToken is an entry of added_tokens.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// loadAdded reads added_tokens. A token in the model's vocabulary keeps its id. The others
// are numbered after the vocabulary, in the order of the file. The ids in the file must
// agree.
func (t *Tokenizer) loadAdded(raw json.RawMessage) error {
	var list []addedToken
	if !isNull(raw) {
		if err := decode("added_tokens", raw, &list); err != nil {
			return err
		}
	}
	t.added = make(map[string]int32, len(list))
	t.size = int(t.model.maxID()) + 1
	next := int32(t.model.size())
	e := &encoder{t: t}
	var rawKeys, cookedKeys []matchKey
	for i, a := range list {
		field := fmt.Sprintf("added_tokens[%d]", i)
		if a.Content == "" {
			return invalid(field, "content is empty")
		}
		if _, ok := t.added[a.Content]; ok {
			return invalid(field, "%q occurs twice", a.Content)
		}
		id, ok := t.model.id(a.Content)
		if !ok {
			id = next
			next++
		}
		if id != a.ID {
			return invalid(field, "%q has id %d, want %d", a.Content, a.ID, id)
		}
		t.added[a.Content] = id
		t.size = max(t.size, int(id)+1)
		if !a.Normalized {
			rawKeys = append(rawKeys, matchKey{a.Content, a})
			continue
		}
		content := string(e.normalized(a.Content))
		if content == "" {
			return invalid(field, "nothing is left of %q after normalisation", a.Content)
		}
		cookedKeys = append(cookedKeys, matchKey{content, a})
	}
	var err error
	if t.raw, err = newMatcher(t.tables, rawKeys); err != nil {
		return err
	}
	t.cooked, err = newMatcher(t.tables, cookedKeys)
	return err
}

type matchKey struct {
	text  string
	token addedToken
}

// matcher finds added tokens in a text: the leftmost, and among those the longest.
type matcher struct {
	tables *unitext.Tables
	trie   *trie.Trie
	tokens []addedToken
	first  [256]bool // bytes that tokens start with
}

func newMatcher(tables *unitext.Tables, keys []matchKey) (matcher, error) {
	m := matcher{tables: tables}
	entries := make([]trie.Entry, 0, len(keys))
	seen := make(map[string]string, len(keys))
	for i, k := range keys {
		if other, ok := seen[k.text]; ok {
			return m, invalid("added_tokens", "%q and %q are the same after normalisation", other, k.token.Content)
		}
		seen[k.text] = k.token.Content
		m.tokens = append(m.tokens, k.token)
		m.first[k.text[0]] = true
		entries = append(entries, trie.Entry{Key: k.text, Value: uint32(i)})
	}
	if len(keys) == 0 {
		return m, nil
	}
	var err error
	m.trie, err = trie.New(entries)
	return m, err
}

// longest returns the longest token that text starts with.
func (m *matcher) longest(text []byte) (tok *addedToken, length int) {
	n := m.trie.Root()
	for i, c := range text {
		next, v, ok := m.trie.Step(n, c)
		if !ok {
			break
		}
		if v != 0 {
			tok, length = &m.tokens[v-1], i+1
		}
		n = next
	}
	return tok, length
}

// cut calls plain for every stretch of text between tokens, and token for every token, in
// order, until one of them returns false. Stretches are not empty.
//
// A token that must be a single word, but is not, counts as text. Spaces that a token
// strips are dropped.
func (m *matcher) cut(text []byte, plain func([]byte) bool, token func(id int32) bool) {
	done := 0         // text before here has been handled
	blank := [2]int{} // start and end of the last run of spaces that was scanned
	for i := 0; m.trie != nil && i < len(text); {
		if !m.first[text[i]] {
			i++
			continue
		}
		tok, n := m.longest(text[i:])
		if tok == nil {
			i++
			continue
		}
		start, end := i, i+n
		i = end
		if tok.SingleWord && (m.wordBefore(text[:start]) || m.wordAfter(text[end:])) {
			continue
		}
		if tok.LStrip {
			start = max(done, start-trailingSpace(text[min(done, start):start]))
		}
		if tok.RStrip {
			// Tokens that are spaces may strip spaces. Do not scan a run twice.
			if end < blank[0] || end > blank[1] {
				blank = [2]int{end, end + leadingSpace(text[end:])}
			}
			end = blank[1]
		}
		if done < start && !plain(text[done:start]) {
			return
		}
		if !token(tok.ID) {
			return
		}
		done = end
	}
	if done < len(text) {
		plain(text[done:])
	}
}

func (m *matcher) wordBefore(text []byte) bool {
	r, n := utf8.DecodeLastRune(text)
	return n > 0 && m.tables.IsWord(r)
}

func (m *matcher) wordAfter(text []byte) bool {
	r, n := utf8.DecodeRune(text)
	return n > 0 && m.tables.IsWord(r)
}

// leadingSpace and trailingSpace return how many bytes of white space text
// starts and ends with.
func leadingSpace(text []byte) int {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeRune(text[n:])
		if !unicode.IsSpace(r) {
			break
		}
		n += size
	}
	return n
}

func trailingSpace(text []byte) int {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeLastRune(text[:len(text)-n])
		if !unicode.IsSpace(r) {
			break
		}
		n += size
	}
	return n
}
