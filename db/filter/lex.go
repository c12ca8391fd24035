package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // a bare field name or a keyword
	tokQuoted           // a field name in backquotes
	tokString
	tokNumber
	tokOp     // a run of operator characters, known or not
	tokSymbol // ( ) ,
)

// A token is a piece of the input: where it is, and what it means.
type token struct {
	kind tokenKind
	at   int    // byte offset
	raw  string // as written
	text string // of names and strings: without quotes and escapes
}

var keywords = []string{"AND", "OR", "NOT", "IN", "CONTAINS", "EXISTS", "TRUE", "FALSE"}

func isKeyword(s string) bool {
	return slices.ContainsFunc(keywords, func(k string) bool { return strings.EqualFold(k, s) })
}

// is reports whether the token is this keyword, operator or symbol.
func (t token) is(s string) bool {
	switch t.kind {
	case tokWord:
		return strings.EqualFold(t.raw, s)
	case tokOp, tokSymbol:
		return t.raw == s
	default:
		return false
	}
}

// describe names the token in an error.
func (t token) describe() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokString:
		return "the string " + clip(t.raw)
	case tokNumber:
		return "the number " + clip(t.raw)
	default:
		return `"` + clip(t.raw) + `"`
	}
}

// clip shortens what an error quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 32 {
		return string(r[:31]) + "…"
	}
	return s
}

const opChars = "=<>!&|~:^*/%"

// next reads the token at p.pos into p.tok.
func (p *parser) next() error {
	p.end = p.pos
	rest := strings.TrimLeftFunc(p.src[p.pos:], unicode.IsSpace)
	p.pos = len(p.src) - len(rest)
	p.tok = token{at: p.pos}
	if rest == "" {
		return nil
	}
	n, err := 0, error(nil)
	switch r, size := utf8.DecodeRuneInString(rest); {
	case r == '"' || r == '\'':
		p.tok.kind = tokString
		n, err = p.scanString(rest, byte(r))
	case r == '`':
		p.tok.kind = tokQuoted
		n, err = p.scanQuoted(rest)
	case strings.ContainsRune("(),", r):
		p.tok.kind, n = tokSymbol, size
	case strings.ContainsRune(opChars, r):
		p.tok.kind = tokOp
		n = len(rest) - len(strings.TrimLeft(rest, opChars))
	case r == '+' || r == '-' || r >= '0' && r <= '9':
		p.tok.kind = tokNumber
		n, err = p.scanNumber(rest)
	default:
		p.tok.kind, n = tokWord, scanName(rest)
		if n == 0 {
			err = p.fail(p.pos, strangeHint(r), "unexpected character %q", r)
		}
	}
	if err != nil {
		return err
	}
	p.tok.raw = rest[:n]
	if p.tok.kind == tokWord {
		p.tok.text = p.tok.raw
	}
	p.pos += n
	return nil
}

// scanName returns the length of the bare name s begins with.
func scanName(s string) int {
	for i, r := range s {
		inner := i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r) || r == '.' || r == '-')
		if !inner && r != '_' && !unicode.IsLetter(r) {
			return i
		}
	}
	return len(s)
}

// scanNumber returns the length of the number s begins with, in JSON's form
// with an optional plus.
func (p *parser) scanNumber(s string) (int, error) {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if s[0] == '+' || s[0] == '-' {
		i++
	}
	ok := digits()
	if ok && i < len(s) && s[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		ok = digits()
	}
	if r, _ := utf8.DecodeRuneInString(s[i:]); ok && i < len(s) {
		ok = r != '.' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	if !ok {
		end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(),\"'", r) })
		if end < 0 {
			end = len(s)
		}
		return 0, p.fail(p.pos, "a text that begins with a digit goes in quotes", "%q is not a number", clip(s[:end]))
	}
	return i, nil
}

// scanQuoted reads a name in backquotes.
func (p *parser) scanQuoted(s string) (int, error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '`':
			b.WriteByte(s[i])
		case strings.HasPrefix(s[i:], "``"):
			b.WriteByte('`')
			i++
		default:
			p.tok.text = b.String()
			if p.tok.text == "" {
				return 0, p.fail(p.pos, "", "the field has no name")
			}
			return i + 1, nil
		}
	}
	return 0, p.fail(p.pos, "end it with a backquote", "this field name has no end")
}

var escapes = map[byte]byte{
	'"': '"', '\'': '\'', '\\': '\\', '/': '/',
	'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f',
}

// scanString reads a string in the given quotes.
func (p *parser) scanString(s string, mark byte) (int, error) {
	var b strings.Builder
	for i := 1; i < len(s); {
		switch {
		case s[i] == mark && i+1 < len(s) && s[i+1] == mark:
			b.WriteByte(mark)
			i += 2
		case s[i] == mark:
			p.tok.text = b.String()
			return i + 1, nil
		case s[i] != '\\':
			b.WriteByte(s[i])
			i++
		case i+1 < len(s) && escapes[s[i+1]] != 0:
			b.WriteByte(escapes[s[i+1]])
			i += 2
		default:
			r, n := unicodeEscape(s[i:])
			if n == 0 {
				return 0, p.fail(p.pos+i, `a backslash itself is written \\`, "unknown escape in a string")
			}
			b.WriteRune(r)
			i += n
		}
	}
	return 0, p.fail(p.pos, fmt.Sprintf("end it with %c", mark), "this string has no end")
}

// unicodeEscape reads \uXXXX, or two of them that are one UTF-16 pair; length 0
// is neither.
func unicodeEscape(s string) (rune, int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hex4(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func hex4(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
