package lexical

import "strings"

// particles are the endings that are written together with a noun: case markers
// and auxiliary particles (조사), their common pairs, the copula, and the forms of
// verbs derived from nouns (-하다, -되다, -시키다: 설정하는 방법, 설정됩니다), in statements
// and in questions (무엇인가요, 설정되나요). They are a closed class, so that no dictionary
// is needed. The longest match wins.
var particles = func() map[string]bool {
	m := make(map[string]bool)
	for p := range strings.FieldsSeq(`
		은 는 이 가 을 를 의 에 도 만 와 과 로 께 랑 나 야
		으로 에서 에게 께서 한테 부터 까지 처럼 보다 마다 조차 밖에 이나 라도 이란 이며 이고 이랑 대로 만큼 마저 커녕
		에는 에도 에만 에의 와는 과는 와의 과의 와도 과도 로는 로도 로의 로만 로써 로서 들은 들이 들을 들의 들에 들도 들과 들로
		이라 라는 라고 라면 이면 인데 이다 이라도 이라는 이라고 이라면 입니다 인가 인지 이었다 였다
		으로는 으로도 으로의 으로만 으로써 으로서 에서는 에서도 에서의 에서만 에게는 에게도 에게서 한테서 에서부터 로부터 으로부터
		까지는 까지도 까지의 부터는 부터의 보다는 보다도 만으로 만으로도 만이 만을 만은 들에게 들에서 들이나 들에게서
		적인 적으로 적이다
		한 할 함 해 했다 했던 했고 했으며 했습니다 합니다 합니까 한다 한다면 하는데
		된 될 됨 돼 됐다 됩니다 됩니까 된다 된다면 되는데 시킨 시킬 시켜 시킨다 시킵니다
		란 인가요 인지요 입니까 이냐 일까 일까요 나요 까요 죠 이죠 지요 이지요 예요 이에요 이었나요 였나요 이었습니까 였습니까
		이었는가 였는가 이었을까 였을까 는가 는지 한가 한가요 한지 할까 할까요 할지 했나 했나요 했는지 했는가 했을까 했습니까
		될까 될까요 될지 됐나 됐나요 됐는지 됐는가 됐을까 됐습니까`) {
		m[p] = true
	}
	for verb := range strings.FieldsSeq(`하 되 시키`) {
		for ending := range strings.FieldsSeq(`다 는 고 며 면 기 지 게 던 도록 려면 려는 려고 거나 지만 면서 므로 세요 나요 기를 기에 여 여서 였다 였던 였으며 였습니다 나 는가 는가요 는지 죠 지요 냐 였나요 였는가 었나요 었는가 어 어서 었다 었던 었으며 었습니다`) {
			m[verb+ending] = true
		}
	}
	return m
}()

const longestParticle = 6

// endings are the particles with which nouns of three syllables and more end, too:
// 고양이, 제주도, 소아과. Only what is shown to people knows them.
var endings = map[rune]bool{'이': true, '도': true, '과': true, '의': true, '로': true, '나': true, '야': true, '가': true, '만': true, '란': true}

// stemHangul returns the number of syllables of a Hangul word without its
// particle. It is at least keep, or 1 before a particle of two or more syllables
// (with keep 2, 집에서 is 집, but 가을 is not 가). With keep 0 the whole word may be
// a particle.
func stemHangul(word []rune, keep int) int {
	n := len(word)
	for l := min(longestParticle, n); l > 0; l-- {
		rest := n - l
		if rest < keep && (rest == 0 || l == 1) {
			continue
		}
		if particles[string(word[rest:])] {
			return rest
		}
	}
	return n
}

// stemLatin removes the inflection of an English word: plural and possessive (the
// S-stemmer of Harman 1991, "How effective is suffixing?"), then -ed, -ing and a
// mute e, as in the first step of Porter (1980). Words of other alphabets, and
// words with digits or accents, stay as they are.
func stemLatin(w []rune) []rune {
	if len(w) < 4 {
		return w
	}
	for _, r := range w {
		if r < 'a' || r > 'z' {
			return w
		}
	}
	w = singular(w)
	switch n := len(w); {
	case ends(w, "ing") && hasVowel(w[:n-3]):
		w = undouble(w[:n-3])
	case ends(w, "eed"):
	case ends(w, "ed") && hasVowel(w[:n-2]):
		w = undouble(w[:n-2])
	}
	if n := len(w); n > 3 && w[n-1] == 'e' && hasVowel(w[:n-1]) {
		w = w[:n-1]
	}
	if n := len(w); n > 2 && w[n-1] == 'y' && !vowel(w[n-2]) {
		w[n-1] = 'i'
	}
	return w
}

func singular(w []rune) []rune {
	n := len(w)
	switch {
	case w[n-1] != 's' || w[n-2] == 'u' || w[n-2] == 's':
		return w
	case ends(w, "ies") && w[n-4] != 'e' && w[n-4] != 'a':
		w[n-3] = 'y'
		return w[:n-2]
	case ends(w, "aes") || ends(w, "oes") || ends(w, "ees"):
		return w
	}
	return w[:n-1]
}

func undouble(w []rune) []rune {
	n := len(w)
	if n > 2 && w[n-1] == w[n-2] && !vowel(w[n-1]) && w[n-1] != 'l' && w[n-1] != 's' && w[n-1] != 'z' {
		return w[:n-1]
	}
	return w
}

func ends(w []rune, suffix string) bool {
	from := len(w) - len(suffix)
	if from < 0 {
		return false
	}
	for i := range len(suffix) {
		if w[from+i] != rune(suffix[i]) {
			return false
		}
	}
	return true
}

func hasVowel(w []rune) bool {
	for _, r := range w {
		if vowel(r) || r == 'y' {
			return true
		}
	}
	return false
}

func vowel(r rune) bool { return r == 'a' || r == 'e' || r == 'i' || r == 'o' || r == 'u' }
