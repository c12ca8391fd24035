package lexical

import (
	"slices"
	"strings"
)

// Respell returns a question in which words that no document has are spelt as ones
// that some have. In typed, these are slips of the keyboard: English for Hangul
// (dkssud is 안녕), and words without the spaces between them. In words, they are also
// words with one wrong letter (kuberentes, 휸가). A word that looks wrong may be right,
// and only in no document: typed is for a model, which may know it.
//
// A word of which the index has anything, or that nothing is like, stays as it is.
func (x *Index) Respell(text string) (typed, words string) {
	runes := []rune(text)
	r := respeller{x: &x.state}
	x.mu.RLock()
	defer x.mu.RUnlock()
	written := 0 // of runes
	for i := 0; i < len(runes); {
		n := 1
		if hangul := syllable(runes[i]); hangul || letter(runes[i]) {
			for i+n < len(runes) && (hangul && syllable(runes[i+n]) || !hangul && letter(runes[i+n])) {
				n++
			}
			if r.alone(runes, i, i+n) {
				if instead, slip := r.word(runes[i:i+n], hangul); instead != "" {
					between := string(runes[written:i])
					words += between + instead
					if !slip {
						instead = string(runes[i : i+n])
					}
					typed += between + instead
					written = i + n
				}
			}
		}
		i += n
	}
	if written == 0 {
		return text, text // as most
	}
	rest := string(runes[written:])
	return typed + rest, words + rest
}

// alone reports whether runes[from:to] is no part of a compound. The full stop of a
// sentence joins nothing.
func (r *respeller) alone(runes []rune, from, to int) bool {
	if from > 0 && classOf(runes[from-1]) != classNone {
		return false
	}
	if to == len(runes) || classOf(runes[to]) == classNone {
		return true
	}
	return classOf(runes[to]) == classJoiner && (to+1 == len(runes) || classOf(runes[to+1]) == classNone)
}

// word returns how else a word may be spelt, and whether it was a slip of the
// keyboard; "" if it is right, for all that the index knows.
func (r *respeller) word(word []rune, hangul bool) (instead string, slip bool) {
	if len(word) > longestWord {
		return "", false
	}
	if hangul {
		return r.hangul(word)
	}
	return r.latin(word)
}

// letter reports whether r is a letter from a to z, of either case.
func letter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// A respeller looks for words. The index is locked while it works.
type respeller struct {
	x   *state
	buf [64]rune
}

const (
	shortestTypo   = 4 // letters of a word of Latin letters
	longestAcronym = 5 // WWII is not a misspelt Wii
	longestWord    = 200
	// Words without a space between them are at least so long.
	shortestRun       = 8 // letters
	shortestHangulRun = 6 // syllables
)

// heard is df, or 1 for a term of everyday texts.
func (r *respeller) heard(key uint64) int {
	n := r.x.df(key)
	if n == 0 {
		if _, ok := everydayRarity[Everyday(key)]; ok {
			n = 1
		}
	}
	return n
}

// latinKey is the key of a word of lower-case Latin letters.
func (r *respeller) latinKey(word []rune) uint64 {
	return wordKey(stemLatin(append(r.buf[:0], word...)))
}

// hangulKey is the key of a word of Hangul, without its particle.
func (r *respeller) hangulKey(word []rune) uint64 {
	return wordKey(word[:stemHangul(word, 2)])
}

// latin is word for one of Latin letters.
func (r *respeller) latin(word []rune) (instead string, slip bool) {
	if len(word) < shortestTypo {
		return "", false
	}
	lower := make([]rune, len(word))
	for i, c := range word {
		lower[i] = c | 0x20
	}
	if r.heard(r.latinKey(lower)) > 0 {
		return "", false
	}
	if h := keyboard(word); h != nil && r.sounds(h) {
		return string(h), true
	}
	if fixed := r.latinTypo(lower); fixed != nil && (len(word) > longestAcronym || !acronym(string(word))) {
		return string(fixed), false
	}
	if len(word) >= shortestRun {
		return r.segment(lower, r.latinKey), true
	}
	return "", false
}

// sounds reports whether at least half of the bigrams of a word are known.
func (r *respeller) sounds(word []rune) bool {
	known := 0
	for i := range len(word) - 1 {
		if r.heard(gramKey(word[i], word[i+1])) > 0 {
			known++
		}
	}
	return len(word) > 1 && 2*known >= len(word)-1
}

// latinTypo returns the most frequent word that is one edit away: two letters
// swapped, one too many, one missing, or another.
func (r *respeller) latinTypo(word []rune) []rune {
	var best []rune
	most := 0
	edit := make([]rune, 0, len(word)+1)
	try := func() {
		if df := r.x.df(r.latinKey(edit)); df > most {
			most, best = df, append(best[:0], edit...)
		}
	}
	for i := 1; i < len(word); i++ { // the first letter is rarely wrong
		if i+1 < len(word) {
			edit = append(edit[:0], word...)
			edit[i], edit[i+1] = edit[i+1], edit[i]
			try()
		}
		edit = append(append(edit[:0], word[:i]...), word[i+1:]...)
		try()
		for c := 'a'; c <= 'z'; c++ {
			edit = append(edit[:0], word...)
			edit[i] = c
			try()
			edit = append(append(append(edit[:0], word[:i]...), c), word[i:]...)
			try()
		}
	}
	for c := 'a'; c <= 'z'; c++ {
		edit = append(append(edit[:0], word...), c)
		try()
	}
	return best
}

// hangul is word for one of Hangul.
func (r *respeller) hangul(word []rune) (instead string, slip bool) {
	if len(word) < 2 || r.heard(r.hangulKey(word)) > 0 {
		return "", false
	}
	stem := stemHangul(word, 2)
	// All bigrams that no document has must be of one syllable.
	first, last := -1, -1
	for i := range stem - 1 {
		if r.x.df(gramKey(word[i], word[i+1])) == 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first >= 0 && last-first <= 1 {
		if fixed := r.hangulTypo(word, stem, last, first+1); fixed != nil {
			return string(fixed), false
		}
	}
	if len(word) >= shortestHangulRun {
		return r.segment(word, r.hangulKey), true
	}
	return "", false
}

// hangulTypo replaces one of the syllables from lo to hi by one that a single letter
// makes of it: by those that give a word, or else bigrams, of the most documents.
func (r *respeller) hangulTypo(word []rune, stem, lo, hi int) []rune {
	var best []rune
	most := 0
	edit := append([]rune(nil), word...)
	for i := lo; i <= hi && i < stem; i++ {
		for s := range similar(word[i]) {
			edit[i] = s
			df := 4 * r.x.df(r.hangulKey(edit))
			if df == 0 && i > 0 && i+1 < stem {
				df = min(r.x.df(gramKey(edit[i-1], s)), r.x.df(gramKey(s, edit[i+1])), 3)
			}
			if df > most {
				most, best = df, append(best[:0], edit...)
			}
		}
		edit[i] = word[i]
	}
	return best
}

// similar yields the syllables that differ from s in one letter.
func similar(s rune) func(yield func(rune) bool) {
	i := s - 0xAC00
	return func(yield func(rune) bool) {
		for c := range rune(19) {
			if c != i/588 && !yield(0xAC00+c*588+i%588) {
				return
			}
		}
		for v := range rune(21) {
			if v != i/28%21 && !yield(0xAC00+i/588*588+v*28+i%28) {
				return
			}
		}
		for f := range rune(28) {
			if f != i%28 && !yield(0xAC00+i/28*28+f) {
				return
			}
		}
	}
}

// segment splits a word into as few as possible of words that the index has, and of
// those ways the one with the most frequent rarest word.
func (r *respeller) segment(word []rune, key func([]rune) uint64) string {
	const least = 2
	type way struct{ words, rarest, from int }
	ways := make([]way, len(word)+1)
	for to := least; to <= len(word); to++ {
		for from := max(0, to-20); from <= to-least; from++ {
			before := ways[from]
			if from > 0 && before.words == 0 {
				continue
			}
			if from == 0 {
				before.rarest = 1 << 30
			}
			n := r.heard(key(word[from:to]))
			if n == 0 {
				continue
			}
			w := way{before.words + 1, min(before.rarest, n), from}
			if o := ways[to]; o.words == 0 || w.words < o.words || w.words == o.words && w.rarest > o.rarest {
				ways[to] = w
			}
		}
	}
	if ways[len(word)].words == 0 {
		return ""
	}
	out := ""
	for to := len(word); to > 0; to = ways[to].from {
		out = strings.TrimSuffix(string(word[ways[to].from:to])+" "+out, " ")
	}
	return out
}

// keys are the letters of Hangul on the keys from a to z.
const keys = "ㅁㅠㅊㅇㄷㄹㅎㅗㅑㅓㅏㅣㅡㅜㅐㅔㅂㄱㄴㅅㅕㅍㅈㅌㅛㅋ"

var keyLetters, shiftLetters = func() (plain, shift [26]rune) {
	copy(plain[:], []rune(keys))
	shift = plain
	for c, r := range map[rune]rune{'q': 'ㅃ', 'w': 'ㅉ', 'e': 'ㄸ', 'r': 'ㄲ', 't': 'ㅆ', 'o': 'ㅒ', 'p': 'ㅖ'} {
		shift[c-'a'] = r
	}
	return plain, shift
}()

// keyboard returns what the keys of a word type when the keyboard is Korean, if that
// is nothing but syllables.
func keyboard(word []rune) []rune {
	letters := make([]rune, len(word))
	for i, c := range word {
		if c >= 'a' {
			letters[i] = keyLetters[c-'a']
		} else {
			letters[i] = shiftLetters[c-'A']
		}
	}
	var out []rune
	for len(letters) > 0 {
		s, n := firstSyllable(letters)
		if n == 0 {
			return nil
		}
		out, letters = append(out, s), letters[n:]
	}
	return out
}

var (
	initialLetters = []rune("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
	finalLetters   = []rune(" ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

	// typedLetters are letters that take two keys.
	typedLetters = func() map[[2]rune]rune {
		m := make(map[[2]rune]rune)
		for t := range strings.FieldsSeq("ㅗㅏㅘ ㅗㅐㅙ ㅗㅣㅚ ㅜㅓㅝ ㅜㅔㅞ ㅜㅣㅟ ㅡㅣㅢ ㄱㅅㄳ ㄴㅈㄵ ㄴㅎㄶ ㄹㄱㄺ ㄹㅁㄻ ㄹㅂㄼ ㄹㅅㄽ ㄹㅌㄾ ㄹㅍㄿ ㄹㅎㅀ ㅂㅅㅄ") {
			r := []rune(t)
			m[[2]rune{r[0], r[1]}] = r[2]
		}
		return m
	}()
)

// firstSyllable returns the syllable that letters begin with and how many they are; 0
// if there is none.
func firstSyllable(letters []rune) (s rune, n int) {
	at := func(i int) rune {
		if i < len(letters) {
			return letters[i]
		}
		return 0
	}
	isVowel := func(r rune) bool { return 'ㅏ' <= r && r <= 'ㅣ' }
	initial, vowel := slices.Index(initialLetters, at(0)), at(1)
	if initial < 0 || !isVowel(vowel) {
		return 0, 0
	}
	n = 2
	if v, ok := typedLetters[[2]rune{vowel, at(2)}]; ok {
		vowel, n = v, 3
	}
	final := 0
	if f := slices.Index(finalLetters, at(n)); f > 0 && !isVowel(at(n+1)) {
		final = f
		n++
		if c, ok := typedLetters[[2]rune{at(n - 1), at(n)}]; ok && !isVowel(at(n+1)) {
			final = slices.Index(finalLetters, c)
			n++
		}
	}
	return 0xAC00 + rune(initial)*588 + (vowel-'ㅏ')*28 + rune(final), n
}
