package lexical

// scripts counts the terms of a text by what their keys say of its script. Sounds say
// nothing: names sound the same in all.
type scripts struct{ grams, terms uint32 }

func (s *scripts) add(key uint64) {
	switch {
	case isSound(key):
	case isGram(key):
		s.grams++
		s.terms++
	default:
		s.terms++
	}
}

// spelt is how much of a text is in scripts whose words are indexed by bigrams (Hangul,
// Han, kana), from 0 to 1. Of a Korean text some six terms in ten are bigrams, of an
// English one none.
func (s scripts) spelt() float32 {
	if s.terms == 0 {
		return 0.5
	}
	return min(1, 1.6*float32(s.grams)/float32(s.terms))
}

// mixture is how much two texts of one language may differ in spelt.
const mixture = 0.25

// Foreign appends to dst how foreign the script of each of nodes is to that of query,
// from 0 to 1: a document in another script cannot share words with it, however
// near it may be. A node that is not in the index is not foreign.
func (x *Index) Foreign(dst []float32, query string, nodes []uint32) []float32 {
	s := x.searches.Get().(*search)
	defer x.searches.Put(s)
	s.ask(query)
	var asked scripts
	for i := range s.analysis.tokens {
		asked.add(s.analysis.tokens[i].key)
	}
	own := asked.spelt()
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, node := range nodes {
		slot, ok := x.nodes.get(node)
		if !ok {
			dst = append(dst, 0)
			continue
		}
		other := x.chunks[slot/window].spelt[slot%window] - own
		dst = append(dst, max(0, max(other, -other)-mixture)/(1-mixture))
	}
	return dst
}
