package filter

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// ErrSyntax is returned when the text or JSON of a filter cannot be read.
	ErrSyntax = errors.New("filter: syntax error")

	// ErrLimit is returned when a filter is longer, deeper or larger than Limits
	// allow.
	ErrLimit = errors.New("filter: over the limit")

	// ErrValue is returned when a field name or a value cannot be part of a
	// filter: an empty name, a NaN, a slice, invalid UTF-8, an order on bools.
	ErrValue = errors.New("filter: value not usable")
)

// A ParseError says where in a filter parsing failed, and why.
type ParseError struct {
	Input   string // the whole text
	Column  int    // position in runes, from 1; one past the last rune is the end
	Message string // what is wrong
	Hint    string // a guess at what was meant, or empty
	Err     error  // ErrSyntax, ErrLimit or ErrValue
}

// Error is one line, such as: filter: column 6: unexpected "==" (did you mean =?).
func (e *ParseError) Error() string {
	s := fmt.Sprintf("filter: column %d: %s", e.Column, e.Message)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Unwrap makes errors.Is(err, ErrSyntax) work.
func (e *ParseError) Unwrap() error { return e.Err }

// caretContext is the number of runes of input that Caret shows on each side.
const caretContext = 36

// Caret returns the input with a mark under the column, as two lines for a fixed-width font
// in which East Asian letters take two columns:
//
//	lang == "ko"
//	     ^
func (e *ParseError) Caret() string {
	runes := []rune(e.Input)
	at := min(max(e.Column-1, 0), len(runes))
	from, to := max(at-caretContext, 0), min(at+caretContext, len(runes))

	var line, mark strings.Builder
	if from > 0 {
		line.WriteString("…")
		mark.WriteByte(' ')
	}
	for i, r := range runes[from:to] {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			r = ' '
		}
		line.WriteRune(r)
		if from+i < at {
			mark.WriteString(strings.Repeat(" ", columns(r)))
		}
	}
	if to < len(runes) {
		line.WriteString("…")
	}
	return line.String() + "\n" + mark.String() + "^"
}

// wide holds the characters that take two columns in a fixed-width font. It is close enough
// to Unicode's East Asian Width for pointing at an error.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, // Hangul Jamo, leading consonants
		{0x2e80, 0x303e, 1}, // CJK radicals and punctuation
		{0x3041, 0xa4cf, 1}, // Kana, Hangul compatibility jamo, ideographs, Yi
		{0xa960, 0xa97f, 1}, // Hangul Jamo Extended-A
		{0xac00, 0xd7a3, 1}, // Hangul syllables
		{0xf900, 0xfaff, 1}, // compatibility ideographs
		{0xfe30, 0xfe6f, 1}, // compatibility forms
		{0xff00, 0xff60, 1}, // fullwidth forms
		{0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{
		{0x1f300, 0x1faff, 1}, // pictographs
		{0x20000, 0x3fffd, 1}, // ideographs
	},
}

func columns(r rune) int {
	switch {
	case unicode.Is(wide, r):
		return 2
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), r >= 0x1160 && r <= 0x11ff:
		return 0
	}
	return 1
}
