package textform

// Jamo are the letters of Hangul. As compatibility jamo they are what a keyboard
// types before they make a syllable, and what old systems stored as half-width ones.
// NFKC takes every consonant among them for an initial, so that ㅎㅏㄴ would be 하
// and a stray ㄴ.

const (
	firstConsonant        = 'ㄱ'
	firstVowel, lastVowel = 'ㅏ', 'ㅣ'

	vowels, finals = 21, 28 // in a syllable; finals include none
)

var (
	initials = jamoIndex("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
	codas    = jamoIndex("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

	// clusters are the consonants that no syllable begins with.
	clusters = map[rune]string{
		'ㄳ': "ㄱㅅ", 'ㄵ': "ㄴㅈ", 'ㄶ': "ㄴㅎ", 'ㄺ': "ㄹㄱ", 'ㄻ': "ㄹㅁ", 'ㄼ': "ㄹㅂ",
		'ㄽ': "ㄹㅅ", 'ㄾ': "ㄹㅌ", 'ㄿ': "ㄹㅍ", 'ㅀ': "ㄹㅎ", 'ㅄ': "ㅂㅅ",
	}
)

// jamoIndex numbers jamo from 1.
func jamoIndex(letters string) map[rune]int {
	m := make(map[rune]int)
	for _, r := range letters {
		m[r] = len(m) + 1
	}
	return m
}

// jamo returns the compatibility jamo that r is, also at half width, or 0.
func jamo(r rune) rune {
	switch {
	case r < firstConsonant:
		return 0
	case r <= lastVowel:
		return r
	case r < 0xFFA1:
		return 0
	case r <= 0xFFBE:
		return r - 0xFFA1 + firstConsonant
	case 0xFFC2 <= r && r <= 0xFFC7:
		return r - 0xFFC2 + firstVowel
	case 0xFFCA <= r && r <= 0xFFCF:
		return r - 0xFFCA + 'ㅕ'
	case 0xFFD2 <= r && r <= 0xFFD7:
		return r - 0xFFD2 + 'ㅛ'
	case 0xFFDA <= r && r <= 0xFFDC:
		return r - 0xFFDA + 'ㅡ'
	}
	return 0
}

// spell appends the syllables that letters make to dst. A consonant belongs to the
// vowel behind it, and else to the syllable before it, unless it is repeated, as in
// laughter.
func spell(dst, letters []rune) []rune {
	at := func(i int) rune {
		if i < len(letters) {
			return letters[i]
		}
		return 0
	}
	for i := 0; i < len(letters); {
		initial, vowel := initials[letters[i]], at(i+1)
		if initial == 0 || !isVowel(vowel) {
			if parts, ok := clusters[letters[i]]; ok {
				dst = append(dst, []rune(parts)...)
			} else {
				dst = append(dst, letters[i])
			}
			i++
			continue
		}
		syllable := rune(firstSyllable + ((initial-1)*vowels+int(vowel-firstVowel))*finals)
		i += 2
		if coda := codas[at(i)]; coda != 0 && !isVowel(at(i+1)) && at(i+1) != at(i) {
			syllable += rune(coda)
			i++
		}
		dst = append(dst, syllable)
	}
	return dst
}

func isVowel(r rune) bool { return firstVowel <= r && r <= lastVowel }

const firstSyllable, lastSyllable = '가', '힣'

func isSyllable(r rune) bool { return firstSyllable <= r && r <= lastSyllable }
