package lexical

import (
	"slices"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// kind says what a token is of the text it came from. The kind never enters
// the index: it decides what a term of the query weighs.
type kind uint8

const (
	kindWord     kind = iota // a word or number of an alphabetic script, in its stem
	kindEojeol               // a Hangul word without its particle
	kindSyllable             // a Hangul or Han run of one character
	kindGram                 // two neighbouring characters inside the stem of a Hangul word, or of a Han or kana run
	kindBridge               // the bigram of a stem's last and a particle's first syllable
	kindParticle             // a bigram inside a particle
	kindCompound             // the whole of a token that mixes scripts, digits, cases or joiners
	kindStub                 // the first syllable of a Hangul word of two whose second may be a particle
	kindPart                 // a piece of such a token
	kinds
)

// A token is one occurrence of a term. Its text is runes[at : at+n] of the
// analysis it belongs to.
type token struct {
	key      uint64
	at, n    int32
	kind     kind
	siblings int32 // bigrams of the same word, this one included; 1 for other kinds
}

// class is what the splitter sees in a character.
type class uint8

const (
	classNone   class = iota // separates
	classLetter              // letters of alphabetic scripts, and the marks on them
	classDigit
	classHangul
	classCJK    // Han and kana: written without spaces
	classJoiner // . _ - ' + # inside a token
)

// An analysis splits texts into tokens; it is scratch space, reused, and not
// safe for concurrent use.
type analysis struct {
	runes  []rune  // normalised characters of all tokens, lower-cased
	tokens []token // in order of appearance

	raw     []rune // the compound at hand, in its own case
	classes []class
	pieces  []piece
	keys    []uint64
}

// A piece is a run of one class inside a compound: raw[from:to].
type piece struct {
	class    class
	from, to int
}

// run replaces the tokens by those of text.
func (a *analysis) run(text string) {
	a.runes, a.tokens = a.runes[:0], a.tokens[:0]
	if norm.NFKC.QuickSpanString(text) < len(text) {
		text = norm.NFKC.String(text)
	}
	a.raw, a.classes = a.raw[:0], a.classes[:0]
	for _, r := range text {
		c := classOf(r)
		if c == classNone {
			a.flush()
			continue
		}
		a.raw, a.classes = append(a.raw, r), append(a.classes, c)
	}
	a.flush()
}

// flush splits what stands between two separators at the joiners that join
// nothing, and analyses each compound that is left.
func (a *analysis) flush() {
	raw, classes := a.raw, a.classes
	for from := 0; from < len(raw); {
		if classes[from] == classJoiner {
			from++
			continue
		}
		to := from + 1
		for to < len(raw) && (classes[to] != classJoiner || a.joins(to)) {
			to++
		}
		a.compound(from, to)
		from = to
	}
	a.raw, a.classes = raw[:0], classes[:0]
}

// joins reports whether the joiner at i belongs to the token it stands in:
// between alphanumerics (v1.2.3, snake_case, e-mail), a comma between digits,
// an apostrophe between letters, or what ends the name of a language (C++, F#).
func (a *analysis) joins(i int) bool {
	if i == 0 {
		return false
	}
	before, after := a.classes[i-1], classNone
	if i+1 < len(a.raw) {
		after = a.classes[i+1]
	}
	switch a.raw[i] {
	case '+': // only as ++
		return before == classLetter && after == classJoiner && a.raw[i+1] == '+' ||
			i > 1 && a.raw[i-1] == '+' && a.classes[i-2] == classLetter
	case '#':
		return before == classLetter && !alnum(after)
	case ',':
		return before == classDigit && after == classDigit
	case '\'', '\u2019':
		return before == classLetter && after == classLetter
	}
	return alnum(before) && alnum(after)
}

func alnum(c class) bool { return c == classLetter || c == classDigit }

func classOf(r rune) class {
	switch {
	case r < 0x80:
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			return classLetter
		case '0' <= r && r <= '9':
			return classDigit
		case r == '.' || r == '_' || r == '-' || r == '\'' || r == '+' || r == '#' || r == ',':
			return classJoiner
		}
		return classNone
	case 0xAC00 <= r && r <= 0xD7A3 || 0x1100 <= r && r <= 0x11FF || 0xA960 <= r && r <= 0xA97F || 0xD7B0 <= r && r <= 0xD7FF:
		return classHangul
	case r == '\u2019': // the apostrophe of typesetters
		return classJoiner
	case 0x3041 <= r && r <= 0x3096 || 0x30A1 <= r && r <= 0x30FA || r == 0x30FC || unicode.Is(unicode.Han, r):
		return classCJK
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return classLetter
	case unicode.IsDigit(r):
		return classDigit
	}
	return classNone
}

// compound emits the tokens of raw[from:to]: a run of characters that belong
// together, of one script or several.
func (a *analysis) compound(from, to int) {
	pieces := a.split(from, to)
	// A particle after a foreign word or a number is no part of the name:
	// API를, 3개의, Go에서.
	if n := len(pieces); n > 1 && pieces[n-1].class == classHangul && alnum(pieces[n-2].class) {
		last := pieces[n-1]
		if stem := stemHangul(a.raw[last.from:last.to], 0); stem == 0 {
			pieces = pieces[:n-1]
		}
	}
	if len(pieces) == 1 {
		p := pieces[0]
		switch p.class {
		case classHangul:
			a.hangul(p, kindEojeol)
		case classCJK:
			a.grams(p)
		default:
			a.word(p, kindWord)
		}
		return
	}
	for _, p := range pieces {
		switch p.class {
		case classHangul:
			a.hangul(p, kindPart)
		case classCJK:
			a.grams(p)
		default:
			a.word(p, kindPart)
		}
	}
	a.whole(pieces)
}

// split cuts raw[from:to] into pieces: at changes of class, at joiners, and
// where the case rises (getUserName, HTTPServer).
func (a *analysis) split(from, to int) []piece {
	a.pieces = a.pieces[:0]
	start := from
	cut := func(end int) {
		if start < end {
			a.pieces = append(a.pieces, piece{a.classes[start], start, end})
		}
		start = end
	}
	for i := from; i < to; i++ {
		c, r := a.classes[i], a.raw[i]
		switch {
		case c == classJoiner:
			switch r {
			case '+', '#': // C++ stays in one piece
				a.classes[i] = classLetter
			case ',', '\'', '\u2019': // 1,000 and don't as well: the joiner drops out of the token
			default:
				cut(i)
				start = i + 1
			}
		case i == start:
		case c != a.classes[i-1] && a.classes[i-1] != classJoiner:
			cut(i)
		case c == classLetter && unicode.IsUpper(r) &&
			(unicode.IsLower(a.raw[i-1]) || i+1 < to && unicode.IsUpper(a.raw[i-1]) && unicode.IsLower(a.raw[i+1])):
			cut(i)
		}
	}
	cut(to)
	return a.pieces
}

// word emits a piece of letters or digits, lower-cased and stemmed.
func (a *analysis) word(p piece, k kind) {
	at := len(a.runes)
	a.fold(p.from, p.to)
	a.emitTail(at, k)
}

// whole emits the compound itself, without what separates its pieces, so that
// snake_case, snakeCase and snake-case meet; a dot is kept, for 1.2 is not 12.
func (a *analysis) whole(pieces []piece) {
	at := len(a.runes)
	end := pieces[0].from
	for _, p := range pieces {
		if end < p.from && a.raw[end] == '.' {
			a.runes = append(a.runes, '.')
		}
		a.fold(p.from, p.to)
		end = p.to
	}
	if last := pieces[len(pieces)-1]; last.class == classHangul {
		if run := last.to - last.from; run > 1 {
			a.runes = a.runes[:len(a.runes)-run+stemHangul(a.raw[last.from:last.to], 1)]
		}
	}
	a.emitTail(at, kindCompound)
	// v1.2.3 is the version 1.2.3 as well.
	if w := a.runes[at:]; len(w) > 2 && w[0] == 'v' && len(pieces) > 2 && pieces[1].class == classDigit && pieces[0].to-pieces[0].from == 1 {
		a.emit(at+1, len(w)-1, kindCompound)
	}
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
	if n == 1 {
		a.emit(at, 1, kindSyllable)
		return
	}
	stem := stemHangul(a.runes[at:], 2)
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

// grams emits a run of Han or kana: its bigrams, or its one character.
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

// sortedKeys returns the keys of all tokens in ascending order, valid until
// the next call.
func (a *analysis) sortedKeys() []uint64 {
	a.keys = a.keys[:0]
	for i := range a.tokens {
		a.keys = append(a.keys, a.tokens[i].key)
	}
	slices.Sort(a.keys)
	return a.keys
}
