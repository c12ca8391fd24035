package chunk

import (
	"unicode"
	"unicode/utf8"
)

// Estimate estimates the number of tokens of a text in a multilingual subword tokenizer,
// for when the model's own is not available. It errs on the high side, because a model
// silently truncates a chunk that is too long:
//
//   - two tokens for three characters of Hangul, Han or kana,
//   - one for every four letters or three digits of any other word, rounded up,
//   - one for every other character that is not white space.
func Estimate(text string) int {
	var tokens, wide, letters, digits int
	word := func() {
		tokens += (2*wide+2)/3 + (letters+3)/4 + (digits+2)/3
		wide, letters, digits = 0, 0, 0
	}
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf && ('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'):
			letters++
		case '0' <= r && r <= '9':
			digits++
		case hangul(r) || r >= utf8.RuneSelf && unicode.In(r, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana):
			wide++
		case unicode.IsLetter(r):
			letters++
		case unicode.IsSpace(r):
			word()
		default:
			word()
			tokens++
		}
	}
	word()
	return tokens
}
