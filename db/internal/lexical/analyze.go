package lexical

import (
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/internal/textform"
)

// An analysis splits texts into tokens. It is reused, and not safe for concurrent
// use.
type analysis struct {
	runes  []rune  // normalised, lower-case characters of all tokens
	tokens []token // in order of appearance

	raw     []rune // the current compound, in its original case
	classes []class
	places  []place // of raw in the text, if placed
	placed  bool    // tokens are given their places
	words   int32   // compounds so far
	pieces  []piece
	keys    []uint64
	sounds  []uint64 // keys of sounds, in order of appearance

	asks bool // a question is analysed, not a document
	tail span // the run of Hangul that ends a question, in runes
}

// A span is runes[at : at+n] of an analysis.
type span struct{ at, n int }

// run replaces the tokens with those of text.
func (a *analysis) run(text string) {
	a.reset(false)
	for _, r := range textform.Normal(text) {
		a.read(r, place{})
	}
	a.flush()
}

// reset drops all tokens.
func (a *analysis) reset(placed bool) {
	a.runes, a.tokens, a.sounds = a.runes[:0], a.tokens[:0], a.sounds[:0]
	a.tail, a.placed, a.words = span{}, placed, 0
	a.raw, a.classes, a.places = a.raw[:0], a.classes[:0], a.places[:0]
}

// read adds a character of the normal form, which stands at p in the text.
func (a *analysis) read(r rune, p place) {
	if n := len(a.raw); r == araea && (n == 0 || a.raw[n-1] < 0x1100 || a.raw[n-1] > 0x115F) {
		r = middleDot
	}
	c := classOf(r)
	if c == classNone {
		a.flush()
		return
	}
	// Letters that make no syllable are a word of their own: 환불ㅠㅠ.
	if n := len(a.raw); c == classHangul && n > 0 && a.classes[n-1] == classHangul && syllable(r) != syllable(a.raw[n-1]) {
		a.flush()
	}
	a.raw, a.classes = append(a.raw, r), append(a.classes, c)
	if a.placed {
		a.places = append(a.places, p)
	}
}

// word emits a piece of letters or digits, lower-cased and stemmed.
func (a *analysis) word(p piece, k kind) {
	at := len(a.runes)
	a.fold(p.from, p.to)
	if p.class == classDigit {
		if a.asks && p.to-p.from > 1 {
			a.also(wordKey(a.runes[at:]))
		}
	} else {
		a.latinSound(p, at)
	}
	a.emitTail(at, k, p)
}

// fold appends raw[from:to] lower-cased, without joiners and without the
// accents of Latin letters.
func (a *analysis) fold(from, to int) {
	for i := from; i < to; i++ {
		r := a.raw[i]
		switch {
		case a.classes[i] == classJoiner:
			continue
		case r < 0x80:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
		case r < 0x250 || 0x1E00 <= r && r <= 0x1EFF:
			r = unicode.ToLower(r)
			if d := norm.NFD.PropertiesString(string(r)).Decomposition(); len(d) > 0 {
				r = []rune(string(d))[0]
			}
		case a.classes[i] == classLetter:
			r = unicode.ToLower(r)
		}
		a.runes = append(a.runes, r)
	}
}

// hangul emits a run of Hangul: its bigrams, and the word without its particle.
func (a *analysis) hangul(p piece, k kind) {
	at := len(a.runes)
	a.runes = append(a.runes, a.raw[p.from:p.to]...)
	n := p.to - p.from
	if !syllable(a.raw[p.from]) {
		a.letters(at, n, p)
		return
	}
	if p.to == len(a.raw) {
		a.tail = span{at, n}
	}
	if n == 1 {
		a.emit(at, 1, kindSyllable, p)
		return
	}
	stem := stemHangul(a.runes[at:], 2)
	a.hangulSound(a.runes[at:], stem)
	for i := range n - 1 {
		g := kindGram
		switch {
		case i >= stem:
			g = kindParticle
		case i+1 >= stem:
			g = kindBridge
		}
		a.emitGram(at+i, g, max(stem-1, 1), p.from+i)
		a.tokens[len(a.tokens)-1].ending = g == kindBridge && n-stem == 1 && endings[a.runes[at+i+1]]
	}
	a.emit(at, stem, k, piece{from: p.from, to: p.from + stem})
	// A noun of one syllable and its particle, or a word of two: 집은, 가을.
	if n == 2 && stemHangul(a.runes[at:at+2], 1) == 1 {
		a.emit(at, 1, kindStub, piece{from: p.from, to: p.from + 1})
	}
}

// grams emits a run of Han or kana: its bigrams, or its only character.
func (a *analysis) grams(p piece) {
	at := len(a.runes)
	a.runes = append(a.runes, a.raw[p.from:p.to]...)
	if p.to-p.from == 1 {
		a.emit(at, 1, kindSyllable, p)
		return
	}
	for i := range p.to - p.from - 1 {
		a.emitGram(at+i, kindGram, p.to-p.from-1, p.from+i)
	}
}

func (a *analysis) emitTail(at int, k kind, p piece) {
	a.runes = a.runes[:at+len(stemLatin(a.runes[at:]))]
	if at < len(a.runes) {
		a.emit(at, len(a.runes)-at, k, p)
	}
}

// emit adds the token runes[at:at+n], which stands in the text where p does.
func (a *analysis) emit(at, n int, k kind, p piece) {
	a.tokens = append(a.tokens, token{
		key: wordKey(a.runes[at : at+n]), at: int32(at), n: int32(n), kind: k, siblings: 1,
		place: a.place(p.from, p.to), word: a.words,
	})
}

// emitGram adds the bigram of runes[at] and the next, which is raw[from:from+2].
func (a *analysis) emitGram(at int, k kind, siblings, from int) {
	a.tokens = append(a.tokens, token{
		key: gramKey(a.runes[at], a.runes[at+1]), at: int32(at), n: 2, kind: k, siblings: int32(siblings),
		place: a.place(from, from+2), word: a.words,
	})
}

// place returns where raw[from:to] stands in the text.
func (a *analysis) place(from, to int) place {
	if !a.placed {
		return place{}
	}
	return place{From: a.places[from].From, To: a.places[to-1].To}
}
