package sound

import _ "embed"

// Syllables is the number of syllables of Hangul.
const Syllables = 11172

// loans has for each syllable 16 × the logarithm of how much more often foreign words
// are spelt with it than others: see db/internal/lexical/learn.
//
//go:embed loans.bin
var loans string

// Loan tells how much a word of Hangul looks like a foreign one: 16 × the logarithm of
// a ratio. Above 0 it is more likely foreign than chosen at random.
func Loan(word []rune) int {
	sum := 0
	for _, r := range word {
		if i := r - 0xAC00; i >= 0 && i < Syllables {
			sum += int(int8(loans[i]))
		}
	}
	return sum
}
