// Package sound compares names across scripts by their consonants: 로즌스타인 and
// Rosenstein, 쿠버네티스 and Kubernetes.
//
// Hangul spells a foreign name by ear. Its vowels vary, and so do letters that Korean
// does not tell apart (l and r, p and f, z and j). What is left when they are merged
// and vowels are dropped, is mostly the same in both scripts: the skeleton of
// Rosenstein and of 로즌스타인 is L S N S T N. Skeletons are no transliteration, and
// words share one by chance: they are evidence for a name, next to others.
package sound

// A Skeleton is the consonant classes of a word, four bits each, the first in the
// highest that is not 0. It holds up to Longest classes exactly.
type Skeleton uint64

// Longest is the number of classes in a skeleton; of a longer word the rest is cut.
const Longest = 14

// The classes of consonants.
const (
	none = iota
	k    // k, g, c, q, ㄱㄲㅋ
	n    // n, ng, ㄴ, and ㅇ at the end of a syllable
	t    // t, d, ㄷㄸㅌ, and ㅅ at the end of a syllable
	l    // l, r, ㄹ
	m    // m, ㅁ
	p    // p, b, v, f, ㅂㅃㅍ
	s    // s, z, j, ch, sh, th, ㅅㅆㅈㅉㅊ
	h    // h, ㅎ
)

// Len returns the number of classes.
func (s Skeleton) Len() int {
	n := 0
	for ; s != 0; s >>= 4 {
		n++
	}
	return n
}

// add appends a class. A class that is repeated is heard once.
func (s Skeleton) add(class Skeleton) Skeleton {
	if class == none || s&15 == class || s>>(4*(Longest-1)) != 0 {
		return s
	}
	return s<<4 | class
}

var (
	initials = [19]Skeleton{k, k, n, t, t, l, m, p, p, s, s, none, s, s, s, k, t, p, h}
	finals   = [28][2]Skeleton{
		{},
		{k},
		{k},
		{k, s},
		{n},
		{n, s},
		{n},
		{t},
		{l},
		{l, k},
		{l, m},
		{l, p},
		{l, s},
		{l, t},
		{l, p},
		{l},
		{m},
		{p},
		{p, s},
		{t},
		{t},
		{n},
		{s},
		{s},
		{k},
		{t},
		{p},
		{},
	}
)

// Hangul returns the skeleton of a word of whole syllables.
func Hangul(word []rune) Skeleton {
	var out Skeleton
	for _, r := range word {
		i := r - 0xAC00
		if i < 0 || i >= 11172 {
			return 0
		}
		out = out.add(initials[i/588])
		for _, class := range finals[i%28] {
			out = out.add(class)
		}
	}
	return out
}

// Latin returns the skeleton of a word of the letters a to z, as its English spelling
// lets expect that Hangul spells it. It is 0 if there are other letters.
func Latin(word []rune) Skeleton {
	for _, r := range word {
		if r < 'a' || r > 'z' {
			return 0
		}
	}
	w := speller{word: word}
	if n := len(word); n > 3 && word[n-1] == 'e' && word[n-2] == 'r' {
		w.word = word[:n-1] // silent, and so is its r: Shakespeare
	}
	for w.at < len(w.word) {
		w.step()
	}
	return w.out
}

// LatinToo is Latin for a language whose r is always heard: Frankfurt is 프랑크푸르트.
func LatinToo(word []rune) Skeleton {
	w := speller{word: word, voiced: true}
	if Latin(word) == 0 {
		return 0
	}
	for w.at < len(w.word) {
		w.step()
	}
	return w.out
}

// HangulToo is Hangul without the r that English does not sound: 푸르트 is furt.
func HangulToo(word []rune) Skeleton {
	kept := make([]rune, 0, len(word))
	for i, r := range word {
		if i == 0 || r != '르' {
			kept = append(kept, r)
		}
	}
	return Hangul(kept)
}

// A speller reads a word from left to right.
type speller struct {
	word []rune
	at   int
	out  Skeleton

	voiced bool // r is heard before a consonant, too
}

// next reports whether the letters from here on begin with those of text.
func (w *speller) next(text string) bool {
	if len(w.word)-w.at < len(text) {
		return false
	}
	for i := range len(text) {
		if w.word[w.at+i] != rune(text[i]) {
			return false
		}
	}
	return true
}

// letter returns the letter i places from here, 0 beyond the ends.
func (w *speller) letter(i int) rune {
	if i += w.at; i < 0 || i >= len(w.word) {
		return 0
	}
	return w.word[i]
}

// clusters are letters that are spelt as something else than one by one.
var clusters = []struct {
	text  string
	class []Skeleton
}{
	{"ght", []Skeleton{t}},
	{"gh", nil},
	{"ph", []Skeleton{p}},
	{"sch", []Skeleton{s}},
	{"tch", []Skeleton{s}},
	{"tion", []Skeleton{s, n}},
	{"dge", []Skeleton{s}},
	{"sh", []Skeleton{s}},
	{"ch", []Skeleton{s}},
	{"th", []Skeleton{s}},
	{"ck", []Skeleton{k}},
	{"ng", []Skeleton{n}},
	{"qu", []Skeleton{k}},
	{"wr", []Skeleton{l}},
}

func (w *speller) step() {
	for i := range clusters {
		if c := &clusters[i]; c.text[0] == byte(w.word[w.at]) && w.next(c.text) {
			w.at += len(c.text)
			for _, class := range c.class {
				w.out = w.out.add(class)
			}
			return
		}
	}
	r := w.letter(0)
	after := w.letter(1)
	class := letters[r-'a']
	switch {
	case r == 'k' && after == 'n' && w.at == 0: // Knuth
		class = none
	case r == 'c' && (after == 'e' || after == 'i' || after == 'y'):
		class = s
	case r == 'r' && !vowel(after) && (!w.voiced || after == 0 || !vowel(w.letter(-1))): // silent in Hangul
		class = none
	case r == 'h' && vowel(w.letter(-1)) && !vowel(after):
		class = none
	case r == 'x':
		w.out = w.out.add(k)
		class = s
	}
	w.out = w.out.add(class)
	w.at++
}

var letters = [26]Skeleton{
	'b' - 'a': p, 'c' - 'a': k, 'd' - 'a': t, 'f' - 'a': p, 'g' - 'a': k, 'h' - 'a': h, 'j' - 'a': s,
	'k' - 'a': k, 'l' - 'a': l, 'm' - 'a': m, 'n' - 'a': n, 'p' - 'a': p, 'q' - 'a': k, 'r' - 'a': l,
	's' - 'a': s, 't' - 'a': t, 'v' - 'a': p, 'z' - 'a': s,
}

func vowel(r rune) bool {
	return r == 'a' || r == 'e' || r == 'i' || r == 'o' || r == 'u' || r == 'y'
}
