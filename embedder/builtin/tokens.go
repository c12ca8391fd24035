package builtin

import (
	"cmp"
	"slices"
	"unicode"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/internal/textform"
)

// span is where a rune of a normalised text comes from, in characters of the text.
type span struct{ start, end int }

// Tokens implements [embedder.Tokenizer]. It returns what CountTokens counts. A sign
// that belongs to no word has the id of the row that its rune would have.
func (e *Embedder) Tokens(text string) []embedder.Token {
	t := tokens{model: e.model, bag: bags.Get().(*bag), text: []rune(text)}
	defer bags.Put(t.bag)
	chars := make([]int, len(text)+1) // before the character at each byte
	n := 0
	for i, r := range text {
		chars[i] = n
		if classOf(r) == blank && !unicode.IsSpace(r) {
			t.add(-2-r, n, n+1)
		}
		n++
	}
	chars[len(text)] = n
	for r, from := range textform.Placed(text) {
		t.rune(r, span{chars[from.From], chars[from.To]})
	}
	t.end()
	slices.SortStableFunc(t.all, func(a, b embedder.Token) int { return cmp.Compare(a.Start, b.Start) })
	return t.all
}

// tokens is the state of one call of Tokens. It reads words as eachWord does.
type tokens struct {
	model *model
	bag   *bag
	text  []rune
	all   []embedder.Token

	class class
	word  []rune
	from  []span // of each rune of word
}

func (t *tokens) rune(r rune, from span) {
	c := classOf(r)
	if c != t.class || c == ideograph || len(t.word) == maxWord {
		t.end()
		t.class = c
	}
	if c != blank {
		t.word, t.from = append(t.word, unicode.ToLower(r)), append(t.from, from)
	}
}

// end adds the tokens of a word.
func (t *tokens) end() {
	if len(t.word) == 0 {
		return
	}
	l := &t.bag.lattice
	t.model.segment(l, t.word, func(int32) {})
	first := len(t.all)
	for j := int32(len(t.word) + 1); j > 0; j = l.nodes[j].from {
		// Position 0 is the mark before the word, which stands for no characters.
		start, end := max(l.nodes[j].from-1, 0), j-1
		at := span{t.from[min(int(start), len(t.from)-1)].start, t.from[max(end-1, 0)].end}
		if start == end {
			at.end = at.start
		}
		t.add(l.nodes[j].piece, at.start, at.end)
	}
	slices.Reverse(t.all[first:])
	t.word, t.from = t.word[:0], t.from[:0]
}

func (t *tokens) add(piece int32, start, end int) {
	t.all = append(t.all, embedder.Token{ID: t.model.row(piece), Text: string(t.text[start:end]), Start: start, End: end})
}
