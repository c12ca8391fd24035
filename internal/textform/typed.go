package textform

import "strings"

// Typed returns a question without the letters at the end of its words that make no
// syllable: what is half typed (환불ㅂ), and laughter (환불ㅋㅋ). Words of nothing but
// letters stay.
func Typed(text string) string {
	isJamo := func(r rune) bool { return jamo(r) != 0 }
	if !strings.ContainsFunc(text, isJamo) {
		return text // as most
	}
	runes := []rune(text)
	out := make([]rune, 0, len(runes))
	var letters []rune
	for i := 0; i < len(runes); {
		if !isJamo(runes[i]) {
			out = append(out, runes[i])
			i++
			continue
		}
		letters = letters[:0]
		attached := i > 0 && isSyllable(runes[i-1])
		for ; i < len(runes) && isJamo(runes[i]); i++ {
			letters = append(letters, jamo(runes[i]))
		}
		out = spell(out, letters)
		if attached && (i == len(runes) || !isSyllable(runes[i])) {
			for isJamo(out[len(out)-1]) {
				out = out[:len(out)-1]
			}
		}
	}
	return string(out)
}
