package lexical

// Words of Hangul are also searched by the initials of their syllables: ㄱㅊㅉㄱ for
// 김치찌개, and ㄱㅊ before the rest is typed. Only titles and tags are indexed in
// this way: a text has so many words that initials would find anything.

// longestInitials is the number of initials that are indexed of a word.
const longestInitials = 8

// syllable reports whether a character is a whole syllable of Hangul.
func syllable(r rune) bool { return 0xAC00 <= r && r <= 0xD7A3 }

// initial returns the initial of a syllable.
func initial(r rune) rune { return 0x1100 + (r-0xAC00)/588 }

// initialsKey is the key of a word's initials, which no word has.
func initialsKey(initials []rune) uint64 {
	var word [1 + longestInitials]rune // the first is 0
	return wordKey(word[:1+copy(word[1:], initials)])
}

// letters emits letters that make no syllable, such as ㅋㅋ. In a question they may be
// initials.
func (a *analysis) letters(at, n int, p piece) {
	for i := range n - 1 {
		a.emitGram(at+i, kindJamo, n-1, p.from+i)
	}
	a.emit(at, n, kindJamo, p)
	if !a.asks || n < 2 || n > longestInitials {
		return
	}
	word := a.runes[at : at+n]
	for _, r := range word {
		if r < 0x1100 || r > 0x1112 {
			return
		}
	}
	a.tokens = append(a.tokens, token{key: initialsKey(word), at: int32(at), n: int32(n), kind: kindInitials, siblings: 1, place: a.place(p.from, p.to), word: a.words})
}

// initials adds the keys of the initials of the words that have been analysed: of two
// and more syllables from the beginning of each word, and on to the end of the next.
func (a *analysis) initials() {
	for i := range a.tokens {
		if !a.tokens[i].whole() {
			continue
		}
		var word [longestInitials]rune
		n, words := 0, 0
		for j := i; j < len(a.tokens) && words < 2; j++ {
			if !a.tokens[j].whole() {
				continue
			}
			words++
			for _, r := range a.runes[a.tokens[j].at:a.runEnd(j)] {
				if n == len(word) || !syllable(r) {
					break
				}
				word[n] = initial(r)
				if n++; n > 1 {
					a.keys = append(a.keys, initialsKey(word[:n]))
				}
			}
		}
	}
}

// runEnd is where the run of Hangul ends that a word was found in, its particle
// included: where the next one begins.
func (a *analysis) runEnd(i int) int {
	for _, t := range a.tokens[i:] {
		if t.at > a.tokens[i].at {
			return int(t.at)
		}
	}
	return len(a.runes)
}

// whole reports whether the token is a word of Hangul without its particle.
func (t *token) whole() bool { return t.kind == kindEojeol || t.kind == kindSyllable }
