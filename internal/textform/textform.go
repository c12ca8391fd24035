// Package textform brings texts into the one form in which words are compared, by
// the lexical index and by the default model alike: NFKC, without the characters
// that a reader cannot see, and with spelled-out Hangul as syllables.
//
// A soft hyphen, a zero-width space or a mark of direction inside a word comes with
// text from web pages, PDF files and chats. Nobody sees it, and nobody types it in
// a question: to whoever compares words it must not exist. What is stored stays as
// it was given; only the copy that is compared is in this form.
package textform

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normal returns the form of a text in which words are compared. A text of ASCII
// and Hangul syllables, as most, is returned as it is; one that has neither
// invisible characters nor jamo outside syllables is in NFKC and no more.
//
//   - Invisible characters are dropped: soft hyphens, zero-width spaces and joiners,
//     byte order marks, variation selectors, marks of direction, Hangul fillers, and
//     anchors of objects. The joiners inside emoji stay.
//   - Compatibility and half-width jamo that spell a syllable become one (ㅎㅏㄴ is
//     한), and a cluster that stands alone becomes its letters (ㄳ is ㄱㅅ).
func Normal(text string) string {
	at := special(text)
	if at == len(text) {
		return text
	}
	if at >= 0 {
		text = visible(text, at)
	}
	if norm.NFKC.IsNormalString(text) {
		return text
	}
	return norm.NFKC.String(text)
}

// special returns the offset of the first character that NFKC does not do justice
// to, or -1 if there is none, or the length of a text that needs no NFKC either.
func special(text string) int {
	simple := true
	for i, r := range text {
		switch {
		case r < 0x80, 0xAC00 <= r && r <= 0xD7A3:
		case Invisible(r), jamo(r) != 0:
			return i
		default:
			simple = false
		}
	}
	if simple {
		return len(text)
	}
	return -1
}

// Invisible reports whether a character leaves no trace on the page, wherever it
// stands. These are Unicode's Default_Ignorable_Code_Point, the anchors of objects
// and annotations, and no space.
func Invisible(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5:
		return true
	case r < 0x180B:
		return false
	case r <= 0x180F, 0x200B <= r && r <= 0x200F, 0x202A <= r && r <= 0x202E, 0x2060 <= r && r <= 0x206F:
		return true
	case r < 0x3164:
		return false
	case r == 0x3164, 0xFE00 <= r && r <= 0xFE0F, r == 0xFEFF, r == 0xFFA0, 0xFFF0 <= r && r <= 0xFFFC:
		return true
	}
	return 0x1BCA0 <= r && r <= 0x1BCA3 || 0x1D173 <= r && r <= 0x1D17A || 0xE0000 <= r && r <= 0xE0FFF
}

const joiner = '\u200D' // makes one emoji of two

// visible drops the invisible characters from text[at:], and spells out its jamo.
func visible(text string, at int) string {
	out := make([]rune, 0, len(text)-at)
	var letters []rune
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	for _, r := range text[at:] {
		j := jamo(r)
		switch {
		case j != 0:
			letters = append(letters, j)
		case Invisible(r) && (r != joiner || !pictured(before)): // a word goes on behind it
		default:
			out = append(spell(out, letters), r)
			letters = letters[:0]
		}
		before = r
	}
	return text[:at] + string(spell(out, letters))
}

// pictured reports whether a joiner after r joins emoji.
func pictured(r rune) bool {
	return r == '\uFE0F' || unicode.Is(unicode.So, r) || 0x1F3FB <= r && r <= 0x1F3FF
}
