package chunk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain cuts doc[start:end] into paragraphs, at blank lines, and these into
// sentences.
func (s *splitter) plain(start, end int) {
	for start < end {
		stop := end
		if i := blankLine(s.doc[start:end]); i >= 0 {
			stop = start + i
		}
		s.sentences(start, stop)
		start = stop
	}
}

// blankLine returns where the first paragraph of text ends: behind the line
// break before a line of white space only; -1 if there is none.
func blankLine(text string) int {
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return -1
		}
		i += n + 1
		line, _, _ := strings.Cut(text[i:], "\n")
		if strings.TrimSpace(line) == "" {
			if i+len(line) >= len(text) {
				return -1
			}
			return i + len(line) + 1
		}
	}
}

// sentences cuts doc[start:end], which is prose, into units.
func (s *splitter) sentences(start, end int) {
	sure := start // the last cluster's beginning that is known
	for i := start; i < end; {
		n := sentenceEnd(s.doc[start:end], i-start)
		if n < 0 {
			break
		}
		i = start + n
		if sure = lastBoundary(s.doc, sure, i); sure < i {
			continue
		}
		s.addUnit(start, i)
		start = i
	}
	s.addUnit(start, end)
}

// sentenceEnd returns where the sentence ends that reaches from text's beginning
// over i, or -1 if that is the end of text. A sentence takes its closing quotes and
// brackets with it.
func sentenceEnd(text string, i int) int {
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		at := i
		i += n
		switch r {
		case '.', '!', '?', '…', '。', '！', '？', '｡':
		default:
			continue
		}
		for i < len(text) { // "…?!" and the quotes behind it
			r, n := utf8.DecodeRuneInString(text[i:])
			if !strings.ContainsRune(".!?…。！？｡\"')]}”’」』》〉）", r) {
				break
			}
			i += n
		}
		if ends(text, at, i, r) {
			return i
		}
	}
	return -1
}

// ends decides whether the mark r at text[at], which with what belongs to it
// reaches to text[next], ends a sentence.
func ends(text string, at, next int, r rune) bool {
	if next >= len(text) {
		return false // the end of the text ends it anyway
	}
	after, _ := utf8.DecodeRuneInString(text[next:])
	switch r {
	case '。', '！', '？', '｡':
		return true
	}
	if !unicode.IsSpace(after) {
		// "했습니다.그리고": the space is often forgotten after a Korean ending.
		return r == '.' && hangul(after) && koreanEnding(text[:at])
	}
	follow := strings.TrimLeftFunc(text[next:], unicode.IsSpace)
	first, _ := utf8.DecodeRuneInString(follow)
	if unicode.IsLower(first) && first < 0x250 {
		return false // "etc. and so on", "Hm... no"
	}
	if r != '.' || next-at > 1 {
		return true
	}
	return !abbreviation(text[max(0, at-lookBack):at], first)
}

func hangul(r rune) bool { return '가' <= r && r <= '힣' }

// koreanEnding reports whether text ends like a Korean sentence: 다, 요, 죠, 까
// and the like.
func koreanEnding(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune("다요죠까네오음임함됨지군라자", r)
}

// abbreviations after which a full stop does not end a sentence, or too seldom to
// tell: two sentences kept together cost less than one cut apart. Those behind which
// one often ends (etc., Inc.) are not among them: a capital letter decides.
var abbreviations = map[string]bool{
	"mr": true, "mrs": true, "ms": true, "dr": true, "prof": true, "sr": true, "jr": true,
	"st": true, "mt": true, "gen": true, "col": true, "lt": true, "sgt": true, "capt": true,
	"rev": true, "hon": true, "gov": true, "sen": true, "rep": true, "pres": true,
	"vs": true, "cf": true, "e.g": true, "i.e": true, "viz": true, "al": true, "approx": true,
	"fig": true, "figs": true, "eq": true, "eqs": true, "sec": true, "ch": true, "vol": true,
	"no": true, "nos": true, "pp": true, "ed": true, "eds": true, "ref": true, "refs": true,
	"jan": true, "feb": true, "mar": true, "apr": true, "jun": true, "jul": true, "aug": true,
	"sep": true, "sept": true, "oct": true, "nov": true, "dec": true, "u.s": true, "u.k": true, "a.m": true, "p.m": true,
}

// lookBack is how far before a full stop its word and line are looked for. A
// bound keeps a line of a million numbers from being looked through a million
// times.
const lookBack = 64

// abbreviation reports whether the full stop behind text belongs to its last word
// and not to the sentence; first is the letter that follows.
func abbreviation(text string, first rune) bool {
	word := text[strings.LastIndexFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("([{\"'“‘「『", r)
	})+1:]
	if word == "" {
		return false
	}
	r, n := utf8.DecodeRuneInString(word)
	switch {
	case n == len(word) && unicode.IsUpper(r):
		return r != 'I' // an initial: "J. Kim"
	case strings.Trim(word, "0123456789") == "":
		// "2024. 5. 3. 금요일" and "3. 항목": a number beside another, or that begins
		// its line.
		before := text[:len(text)-len(word)]
		line := strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:])
		return unicode.IsDigit(first) || line == "" || endsInNumber(line)
	}
	lower := strings.ToLower(word)
	if lower == "no" { // "Oh no. Then" is no number
		return unicode.IsDigit(first)
	}
	return abbreviations[lower]
}

// endsInNumber reports whether line ends like "2024.".
func endsInNumber(line string) bool {
	n := len(line)
	return n > 1 && line[n-1] == '.' && '0' <= line[n-2] && line[n-2] <= '9'
}
