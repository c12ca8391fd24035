package lexical

// short reports whether the query consists of single syllables: 집, 돈 책.
func (s *search) short() bool {
	for i := range s.analysis.tokens {
		if s.analysis.tokens[i].kind != kindSyllable {
			return false
		}
	}
	return len(s.analysis.tokens) > 0
}

// widen makes a query of single syllables find them inside words, too: 집 finds
// 집에서, 집값 and 우리집. All bigrams with the syllable are treated as one term:
// the idf of each is that of their total number of postings. They weigh half as
// much as the syllable on its own. The caller holds the lock.
func (x *Index) widen(s *search) {
	for i := range s.analysis.tokens {
		r := s.analysis.runes[s.analysis.tokens[i].at]
		from, df := len(s.cursors), 0
		for other := range neighbours(r) {
			for _, key := range [2]uint64{gramKey(r, other), gramKey(other, r)} {
				if id, ok := x.ids[key]; ok && (key != gramKey(other, r) || other != r) {
					s.cursors = append(s.cursors, newCursor(&x.lists[id], 0))
					df += int(x.lists[id].df)
				}
			}
		}
		weight := idf(x.live, min(df, x.live)) / 2
		for j := from; j < len(s.cursors); j++ {
			s.cursors[j].weight = weight
		}
	}
}

// neighbours yields the characters that can form a bigram with r.
func neighbours(r rune) func(yield func(rune) bool) {
	ranges := [][2]rune{{0x3041, 0x30FF}, {0x4E00, 0x9FFF}} // kana, Han
	if classOf(r) == classHangul {
		ranges = [][2]rune{{0xAC00, 0xD7A3}}
	}
	return func(yield func(rune) bool) {
		for _, b := range ranges {
			for c := b[0]; c <= b[1]; c++ {
				if !yield(c) {
					return
				}
			}
		}
	}
}
