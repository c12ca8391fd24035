package tokenizer

import (
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/unitext"
)

// encoder is the working memory of one call. Encoders are pooled; one that has grown
// for a huge text is dropped.
type encoder struct {
	t      *Tokenizer
	ids    []int32
	limit  int // stop at this length of ids; -1 for none
	text   []byte
	stages [2][]byte // written by the normalisers in turn
	bert   [2][]byte
	words  [][]byte // per splitter, if it rewrites words
	cells  []cell
	path   []edge
	forms  unitext.Scratch
	start  *byte // where the text's first word begins, if no added token is before it
}

// keepBytes is the largest buffer that is kept for the next call.
const keepBytes = 1 << 20

// append appends the ids of text without special tokens: all of them, or the first limit
// unless that is -1.
func (t *Tokenizer) append(dst []int32, text string, limit int) []int32 {
	e := t.encoders.Get().(*encoder)
	e.ids, e.limit = dst, -1
	if limit >= 0 {
		e.limit = len(dst) + limit
	}
	e.text = appendValid(e.text[:0], text)
	t.raw.cut(e.text, e.segment, e.emit)
	dst = e.ids
	if limit >= 0 && len(dst) > e.limit {
		dst = dst[:e.limit]
	}
	e.ids = nil
	if cap(e.text) <= keepBytes && cap(e.cells) <= keepBytes/16 {
		t.encoders.Put(e)
	}
	return dst
}

// full reports that the limit is reached.
func (e *encoder) full() bool { return e.limit >= 0 && len(e.ids) >= e.limit }

// emit appends one id and reports whether the limit allows more.
func (e *encoder) emit(id int32) bool {
	e.ids = append(e.ids, id)
	return !e.full()
}

// segment encodes a stretch of text without unnormalised added tokens.
func (e *encoder) segment(text []byte) bool {
	first := &text[0] == &e.text[0]
	for i, n := range e.t.normalize {
		buf := n.append(e, e.stages[i%2][:0], text)
		e.stages[i%2] = buf
		text = buf
	}
	e.start = nil
	if first && len(text) > 0 {
		e.start = &text[0]
	}
	e.t.cooked.cut(text, e.piece, e.emit)
	return !e.full()
}

// normalized runs only the normalisers. The result belongs to e.
func (e *encoder) normalized(text string) []byte {
	e.text = appendValid(e.text[:0], text)
	out := e.text
	for i, n := range e.t.normalize {
		out = n.append(e, e.stages[i%2][:0], out)
		e.stages[i%2] = out
	}
	return out
}

// piece encodes a stretch of normalised text without added tokens.
func (e *encoder) piece(text []byte) bool {
	e.word(0, text)
	return !e.full()
}

// first reports whether word, not empty, begins the text.
func (e *encoder) first(word []byte) bool { return e.start == &word[0] }

// word passes text to the splitters from stage on, and their words to the model.
// Splitters call it for every word.
func (e *encoder) word(stage int, text []byte) {
	switch {
	case len(text) == 0 || e.full():
	case stage < len(e.t.split):
		e.t.split[stage].split(e, stage+1, text)
	default:
		e.t.model.encode(e, text)
	}
}

// appendValid appends text with every maximal ill-formed part replaced by
// U+FFFD (Unicode, section 3.9, "U+FFFD Substitution of Maximal Subparts").
func appendValid(dst []byte, text string) []byte {
	if utf8.ValidString(text) {
		return append(dst, text...)
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			n = illFormed(text[i:])
			dst = append(dst, "\uFFFD"...)
		} else {
			dst = append(dst, text[i:i+n]...)
		}
		i += n
	}
	return dst
}

// illFormed returns the length of the maximal subpart of an ill-formed sequence
// that s starts with: as many bytes as could begin a character, at least 1.
func illFormed(s string) int {
	lo, hi, want := byte(0x80), byte(0xBF), 0
	switch c := s[0]; {
	case c >= 0xC2 && c <= 0xDF:
		want = 1
	case c == 0xE0:
		lo, want = 0xA0, 2
	case c == 0xED:
		hi, want = 0x9F, 2
	case c >= 0xE1 && c <= 0xEF:
		want = 2
	case c == 0xF0:
		lo, want = 0x90, 3
	case c == 0xF4:
		hi, want = 0x8F, 3
	case c >= 0xF1 && c <= 0xF3:
		want = 3
	}
	n := 1
	for n <= want && n < len(s) && s[n] >= lo && s[n] <= hi {
		lo, hi = 0x80, 0xBF
		n++
	}
	return n
}
