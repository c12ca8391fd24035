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
	a.runes, a.tokens, a.sounds, a.tail = a.runes[:0], a.tokens[:0], a.sounds[:0], span{}
	text = textform.Normal(text)
	a.raw, a.classes = a.raw[:0], a.classes[:0]
	for _, r := range text {
		c := classOf(r)
		if c == classNone {
			a.flush()
			continue
		}
		// Letters that make no syllable are a word of their own: 환불ㅠㅠ.
		if n := len(a.raw); c == classHangul && n > 0 && a.classes[n-1] == classHangul && syllable(r) != syllable(a.raw[n-1]) {
			a.flush()
		}
		a.raw, a.classes = append(a.raw, r), append(a.classes, c)
	}
	a.flush()
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
	a.emitTail(at, k)
}

// fold appends raw[from:to] lower-cased, without joiners and without the
// accents of Latin letters.
func (a *analysis) fold(from, to int) {
	for i := from; i < to; i++ {
		r := a.raw[i]
		switch {
		case r < 0x80:
			if a.classes[i] == classJoiner {
				continue
			}
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
		case r == '\u2019':
			continue
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
		a.letters(at, n)
		return
	}
	if p.to == len(a.raw) {
		a.tail = span{at, n}
	}
	if n == 1 {
		a.emit(at, 1, kindSyllable)
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
		a.emitGram(at+i, g, max(stem-1, 1))
	}
	a.emit(at, stem, k)
	// A noun of one syllable and its particle, or a word of two: 집은, 가을.
	if n == 2 && stemHangul(a.runes[at:at+2], 1) == 1 {
		a.emit(at, 1, kindStub)
	}
}

// grams emits a run of Han or kana: its bigrams, or its only character.
func (a *analysis) grams(p piece) {
	at := len(a.runes)
	a.runes = append(a.runes, a.raw[p.from:p.to]...)
	if p.to-p.from == 1 {
		a.emit(at, 1, kindSyllable)
		return
	}
	for i := range p.to - p.from - 1 {
		a.emitGram(at+i, kindGram, p.to-p.from-1)
	}
}

func (a *analysis) emitTail(at int, k kind) {
	a.runes = a.runes[:at+len(stemLatin(a.runes[at:]))]
	if at < len(a.runes) {
		a.emit(at, len(a.runes)-at, k)
	}
}

func (a *analysis) emit(at, n int, k kind) {
	a.tokens = append(a.tokens, token{wordKey(a.runes[at : at+n]), int32(at), int32(n), k, 1})
}

func (a *analysis) emitGram(at int, k kind, siblings int) {
	a.tokens = append(a.tokens, token{gramKey(a.runes[at], a.runes[at+1]), int32(at), 2, k, int32(siblings)})
}
