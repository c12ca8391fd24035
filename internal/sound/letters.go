package sound

import "slices"

// letterNames are the names of the letters from a to z in Hangul.
var letterNames = [26][]string{
	{"에이"},
	{"비"},
	{"씨", "시"},
	{"디"},
	{"이"},
	{"에프"},
	{"지"},
	{"에이치"},
	{"아이"},
	{"제이"},
	{"케이"},
	{"엘"},
	{"엠"},
	{"엔"},
	{"오"},
	{"피"},
	{"큐"},
	{"알", "아르"},
	{"에스"},
	{"티"},
	{"유"},
	{"브이"},
	{"더블유"},
	{"엑스"},
	{"와이"},
	{"제트"},
}

// The number of letters of an abbreviation that is spelt by their names.
const fewestLetters, mostLetters = 2, 6

// Letters returns the letters, from a to z, whose names a word of Hangul consists of:
// bbc for 비비씨. It is nil if it has other syllables, or could be a word of its own.
func Letters(word []rune) []rune {
	if len(word) < 3 {
		return nil
	}
	var out []rune
	for len(word) > 0 {
		best, length := -1, 0
		for i, names := range letterNames {
			for _, name := range names {
				if n := len([]rune(name)); n > length && n <= len(word) && string(word[:n]) == name {
					best, length = i, n
				}
			}
		}
		if best < 0 || len(out) == mostLetters {
			return nil
		}
		out, word = append(out, rune('a'+best)), word[length:]
	}
	if len(out) < fewestLetters {
		return nil
	}
	return out
}

// Spelt returns the words of Hangul that consist of the names of letters from a to z:
// 비비씨 and 비비시 for bbc.
func Spelt(letters []rune) [][]rune {
	if n := len(letters); n < fewestLetters || n > mostLetters {
		return nil
	}
	out := [][]rune{nil}
	for _, r := range letters {
		if r < 'a' || r > 'z' {
			return nil
		}
		var next [][]rune
		for _, word := range out {
			for _, name := range letterNames[r-'a'] {
				next = append(next, append(slices.Clone(word), []rune(name)...))
			}
		}
		out = next
	}
	return out
}
