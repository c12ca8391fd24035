package builtin

import (
	"unicode"

	"github.com/fronyai/frony-db/internal/textform"
)

// maxWord is the length in runes at which a word is cut; the rest is a word of its own.
// So text without spaces has words that the vocabulary can cover, and the work per word
// is bounded.
const maxWord = 40

// A class is a kind of rune. A word is a maximal run of runes of one class, which
// separates a particle from a Latin word (FastAPI|를) and a unit from a number (100|km).
type class uint8

const (
	blank     class = iota // separates words and belongs to none
	hangul                 // precomposed syllables
	letter                 // letters of other alphabets, with their marks
	digit                  // numbers of any kind
	ideograph              // Han and kana: every rune is a word
)

func classOf(r rune) class {
	switch {
	case r < 0x80:
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			return letter
		case '0' <= r && r <= '9':
			return digit
		}
		return blank
	case 0xAC00 <= r && r <= 0xD7A3:
		return hangul
	case 0x3040 <= r && r <= 0x30FF, 0x3400 <= r && r <= 0x9FFF,
		0xF900 <= r && r <= 0xFAFF, 0x20000 <= r && r <= 0x3FFFF:
		return ideograph
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	}
	return blank
}

// eachWord calls yield with the words of text in order: runs of one class in the form of
// package textform (NFKC without invisible characters), in lower case. The slice is reused
// for the next word. Bytes that are not UTF-8 separate words.
func eachWord(text string, buf []rune, yield func(word []rune)) []rune {
	text = textform.Normal(text)
	word, current := buf[:0], blank
	for _, r := range text {
		c := classOf(r)
		if c != current || c == ideograph || len(word) == maxWord {
			if len(word) > 0 {
				yield(word)
				word = word[:0]
			}
			current = c
		}
		if c != blank {
			word = append(word, unicode.ToLower(r))
		}
	}
	if len(word) > 0 {
		yield(word)
	}
	return word
}
