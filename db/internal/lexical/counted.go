package lexical

import (
	"maps"
	"slices"
)

// Statistics are what BM25 needs to know of a collection whose documents are kept
// elsewhere.
type Statistics struct {
	Documents   int
	Length      uint64            // sum of their lengths, as Terms.Length
	Frequencies map[uint64]uint32 // documents that have a term, by its key
}

// A Weight is a term of a question and what an occurrence of it may add to a score at
// most.
type Weight struct {
	Key    uint64
	Weight float64
}

// Length is the length of the document.
func (t Terms) Length() uint32 { return lengthOf(t) }

// Keys returns the keys of the terms whose frequencies a search for text depends on,
// each once.
func Keys(text string) []uint64 {
	a := analysis{asks: true}
	a.run(text)
	keys := map[uint64]bool{}
	for i := range a.tokens {
		keys[a.tokens[i].key] = true
	}
	for _, key := range a.sounds {
		keys[key] = true
	}
	s := search{analysis: a}
	if s.short() {
		for i := range a.tokens {
			r := a.runes[a.tokens[i].at]
			for other := range neighbours(r) {
				keys[gramKey(r, other)] = true
				keys[gramKey(other, r)] = true
			}
		}
	}
	return slices.Collect(maps.Keys(keys))
}

// Completions are the keys that a search also depends on if no document has any of Keys:
// see complete.
func Completions(text string) []uint64 {
	a := analysis{asks: true}
	a.run(text)
	var keys []uint64
	a.complete(func(x, y rune) bool {
		keys = append(keys, gramKey(x, y))
		return true
	})
	return keys
}

// Counted returns an index of some documents of a collection, terms[i] of the node i,
// which scores them as the index of the whole collection would.
func Counted(s *Statistics, terms []Terms) *Index {
	x := New()
	nodes := make([]uint32, len(terms))
	for i := range nodes {
		nodes[i] = uint32(i)
	}
	x.AddAll(nodes, terms)
	for key, n := range s.Frequencies {
		if n > 0 {
			x.lists[x.term(key)].df = n
		}
	}
	x.live, x.length = s.Documents, s.Length
	return x
}

// Weights are the terms of a question with their weights, and BM25's constants: an
// occurrence adds weight × tf / (tf + flat + slope × length).
func (x *Index) Weights(text string) (terms []Weight, flat, slope float64) {
	s, terms := x.weights(text, x.open)
	return terms, s.flat, s.slope
}

// SoundWeights are Weights for the names that the question has in the other script. An
// occurrence adds the weight.
func (x *Index) SoundWeights(text string) []Weight {
	_, terms := x.weights(text, x.openSounds)
	return terms
}

func (x *Index) weights(text string, open func(*search)) (scorer, []Weight) {
	s := x.searches.Get().(*search)
	defer x.searches.Put(s)
	s.analysis.run(text)
	s.weigh()
	x.mu.RLock()
	defer x.mu.RUnlock()
	open(s)
	defer s.release()
	var terms []Weight
	for i := range s.cursors {
		terms = append(terms, Weight{s.cursors[i].key, s.cursors[i].weight})
	}
	return s.bm, terms
}
