package lexical

// complete finds words for the last one of a question of which the index has nothing,
// since it may be half typed: 환부 is on the way to 환불, and 데잍 to 데이터. As in
// widen, all completions are treated as one term. The caller holds the lock.
func (x *Index) complete(s *search) {
	if len(s.cursors) > 0 {
		return
	}
	df := 0
	s.analysis.complete(func(a, b rune) (known bool) {
		id, ok := x.ids[gramKey(a, b)]
		if ok {
			s.cursors = append(s.cursors, newCursor(&x.lists[id], 0))
			df += int(x.lists[id].df)
		}
		return ok
	})
	weight := idf(x.live, min(df, x.live))
	for i := range s.cursors {
		s.cursors[i].weight = weight
	}
}

// complete calls add with the bigrams that the end of the question may become. add
// reports whether there is one.
func (a *analysis) complete(add func(a, b rune) (known bool)) {
	tail := a.tail
	if tail.n < 2 {
		return
	}
	run := a.runes[tail.at : tail.at+tail.n]
	before, last := run[tail.n-2], run[tail.n-1]
	coda := (last - 0xAC00) % 28
	open := last - coda
	if coda == 0 {
		for c := rune(1); c < 28; c++ {
			add(before, open+c)
		}
	} else if next := initialOf[coda]; next >= 0 && add(before, open) {
		for r := range rune(588) {
			add(open, 0xAC00+next*588+r)
		}
	}
}

// initialOf is the initial that a coda becomes when a vowel follows, by the number of
// the coda; -1 for none and for two consonants.
var initialOf = [28]rune{-1, 0, 1, -1, 2, -1, -1, 3, 5, -1, -1, -1, -1, -1, -1, -1, 6, 7, -1, 9, 10, 11, 12, 14, 15, 16, 17, 18}
