package lexical

import "unicode"

// A piece is a run of one class inside a compound: raw[from:to].
type piece struct {
	class    class
	from, to int
}

// flush splits the text between two separators at joiners that join nothing, and
// analyses each compound.
func (a *analysis) flush() {
	raw, classes := a.raw, a.classes
	a.tail = span{}
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
	a.raw, a.classes, a.places = raw[:0], classes[:0], a.places[:0]
}

// joins reports whether the joiner at i is part of a token: between alphanumerics
// (v1.2.3, snake_case, e-mail), a comma or a middle dot between digits (6·25), an
// apostrophe between letters, or the end of a language's name (C++, F#).
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
	case ',', middleDot:
		return before == classDigit && after == classDigit
	case '\'', '\u2019':
		return before == classLetter && after == classLetter
	}
	return alnum(before) && alnum(after)
}

// compound emits the tokens of raw[from:to], a run of characters of one or more
// scripts.
func (a *analysis) compound(from, to int) {
	a.words++
	pieces := a.split(from, to)
	// A particle after a foreign word or a number is not part of the name:
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

// split cuts raw[from:to] into pieces: at changes of class, at joiners, and at
// capitals (getUserName, HTTPServer).
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
			case '+', '#': // C++ is one piece
				a.classes[i] = classLetter
			case ',', '\'', '\u2019': // so are 1,000 and don't, without the joiner
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

// whole emits the compound itself without its joiners, so that snake_case,
// snakeCase and snake-case are the same term. Dots are kept, because 1.2 is not 12;
// and 6·25 is also written 6.25.
func (a *analysis) whole(pieces []piece) {
	at := len(a.runes)
	end := pieces[0].from
	for _, p := range pieces {
		if end < p.from && (a.raw[end] == '.' || a.raw[end] == middleDot) {
			a.runes = append(a.runes, '.')
		}
		a.fold(p.from, p.to)
		end = p.to
	}
	span := piece{from: pieces[0].from, to: end}
	if last := pieces[len(pieces)-1]; last.class == classHangul {
		if run := last.to - last.from; run > 1 {
			stem := stemHangul(a.raw[last.from:last.to], 1)
			a.runes = a.runes[:len(a.runes)-run+stem]
			span.to = last.from + stem
		}
	}
	a.emitTail(at, kindCompound, span)
	// v1.2.3 is also found as 1.2.3.
	if w := a.runes[at:]; len(w) > 2 && w[0] == 'v' && len(pieces) > 2 && pieces[1].class == classDigit && pieces[0].to-pieces[0].from == 1 {
		a.emit(at+1, len(w)-1, kindCompound, piece{from: span.from + 1, to: span.to})
	}
}
