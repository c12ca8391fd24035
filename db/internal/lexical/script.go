package lexical

// script is what a term's key says of the script that it is in. Beside the lists, a byte
// for each term stays in the cache.
type script uint8

const (
	scriptWord  script = iota
	scriptGram         // of two characters of a script without spaces, or of Hangul
	scriptSound        // none: names sound the same in all
)

func scriptOf(key uint64) script {
	switch {
	case isGram(key):
		return scriptGram
	case isSound(key):
		return scriptSound
	}
	return scriptWord
}

// spelt is how much of a text is in scripts whose words are indexed by bigrams (Hangul,
// Han, kana), from 0 to 1. Of a Korean text some six terms in ten are bigrams, of an
// English one none.
func spelt(grams, terms int) float32 {
	if terms == 0 {
		return 0.5
	}
	return min(1, 1.6*float32(grams)/float32(terms))
}

// mixture is how much two texts of one language may differ in spelt.
const mixture = 0.25

// Foreign appends to dst how foreign the script of each of nodes is to that of query,
// from 0 to 1: a document in another script cannot share words with it, however
// near it may be. A node that is not in the index is not foreign.
func (x *Index) Foreign(dst []float32, query string, nodes []uint32) []float32 {
	s := x.searches.Get().(*search)
	defer x.searches.Put(s)
	s.analysis.run(query)
	grams := 0
	for i := range s.analysis.tokens {
		if isGram(s.analysis.tokens[i].key) {
			grams++
		}
	}
	own := spelt(grams, len(s.analysis.tokens))
	x.mu.RLock()
	defer x.mu.RUnlock()
	var terms []uint32
	for _, node := range nodes {
		slot, ok := x.nodes.get(node)
		if !ok {
			dst = append(dst, 0)
			continue
		}
		c := x.chunks[slot/window]
		terms = c.termsOf(terms[:0], slot%window)
		grams, words := 0, len(terms)
		for _, t := range terms {
			switch x.scripts[t] {
			case scriptGram:
				grams++
			case scriptSound:
				words--
			case scriptWord:
			}
		}
		other := spelt(grams, words) - own
		dst = append(dst, max(0, max(other, -other)-mixture)/(1-mixture))
	}
	return dst
}
