package chunk

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain splits doc[start:end] into paragraphs at blank lines, and these into sentences.
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

// blankLine returns the end of the first paragraph of text, including the blank line after
// it, or -1 if there is no blank line.
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

// sentences splits doc[start:end], which is prose, into units.
func (s *splitter) sentences(start, end int) {
	sure := start // the last known cluster boundary
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

// sentenceEnd returns the end of the first sentence of text that ends after i, or -1 if it
// extends to the end of text. Closing quotes and brackets belong to the sentence.
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
		for i < len(text) { // "…?!" and the quotes after it
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

// ends reports whether the mark r at text[at], which extends to text[next] with the marks
// and quotes after it, ends a sentence.
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
		// "했습니다.그리고": the space is often missing after a Korean ending.
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

// abbreviations after which a full stop rarely ends a sentence: two sentences kept together
// do less harm than one split in two. Those after which a sentence often ends (etc., Inc.)
// are not listed: a capital letter decides.
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

// lookBack is the number of bytes before a full stop that are searched for its word and
// line. Without a limit, a line of a million numbers would be scanned a million times.
const lookBack = 64

// abbreviation reports whether the full stop after text belongs to its last word and not to
// the sentence. first is the letter that follows.
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
		// "2024. 5. 3. 금요일" and "3. 항목": a number next to another, or at the
		// start of a line.
		before := text[:len(text)-len(word)]
		line := strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:])
		return unicode.IsDigit(first) || line == "" || endsInNumber(line)
	}
	lower := strings.ToLower(word)
	if lower == "no" { // not the "no" of "Oh no. Then"
		return unicode.IsDigit(first)
	}
	return abbreviations[lower]
}

// endsInNumber reports whether line ends like "2024.".
func endsInNumber(line string) bool {
	n := len(line)
	return n > 1 && line[n-1] == '.' && '0' <= line[n-2] && line[n-2] <= '9'
}
