package lexical

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Marker finds the words of one query in texts. It may be used concurrently.
type Marker struct {
	x         *Index
	terms     map[uint64]markTerm
	syllables map[rune]markTerm // of a query of single syllables
}

// markTerm is a term of the query.
type markTerm struct {
	word   int32 // of the query, from 1
	weight float32
	kind   kind
}

// A Mark is a word of a text that the query has, too: text[From:To], in bytes. Word is
// the number of the query's word, from 1, and Weight how much it tells.
type Mark struct {
	From, To int
	Word     int
	Weight   float32
}

// Marker returns a marker of a query's words. Words that only English grammar needs
// are left out, unless there are no others.
func (x *Index) Marker(query string) *Marker {
	a := x.analyses.Get().(*analysis)
	defer x.analyses.Put(a)
	a.runPlaced(query)
	m := &Marker{x: x, terms: make(map[uint64]markTerm, len(a.tokens))}
	x.mu.RLock()
	defer x.mu.RUnlock()
	short := len(a.tokens) > 0
	for pass := 0; pass < 2 && len(m.terms) == 0; pass++ {
		for i := range a.tokens {
			t := &a.tokens[i]
			short = short && t.kind == kindSyllable
			if !t.tells() || pass == 0 && functionWords()[t.key] && !acronym(query[t.place.From:t.place.To]) {
				continue
			}
			df := 0
			if id, ok := x.ids[t.key]; ok {
				df = int(x.lists[id].df)
			}
			of := markTerm{t.word, float32(t.weigh() * idf(x.live, df)), t.kind}
			if old, ok := m.terms[t.key]; ok && old.kind != kindBridge {
				of = old // a bigram may be inside one word and end another
			}
			m.terms[t.key] = of
		}
	}
	if short {
		m.syllables = make(map[rune]markTerm, len(a.tokens))
		for i := range a.tokens {
			t := &a.tokens[i]
			m.syllables[a.runes[t.at]] = m.terms[t.key]
		}
	}
	return m
}

// Empty reports whether the query has no words to find.
func (m *Marker) Empty() bool { return len(m.terms) == 0 }

// Marks returns the words of text that the query has, in order and without overlap of
// those of one word. A Korean word is marked without its particle, an English one with
// its ending.
func (m *Marker) Marks(text string) []Mark {
	if m.Empty() {
		return nil
	}
	a := m.x.analyses.Get().(*analysis)
	defer m.x.analyses.Put(a)
	a.runPlaced(text)
	var all []hit
	for i := range a.tokens {
		t := &a.tokens[i]
		// Of two stubs (수도, 수가) only the syllable is the same.
		if of, ok := m.terms[t.key]; ok && t.tells() && (t.kind != kindStub || of.kind != kindStub) {
			all = append(all, hit{Mark{int(t.place.From), int(t.place.To), int(of.word), of.weight}, t.kind == kindBridge || of.kind == kindBridge})
		}
		if m.syllables != nil {
			all = m.inside(all, text, a, t)
		}
	}
	return join(all)
}

// A hit is a token that text and query share. A loose one is marked only beside
// another: a bigram at the border of a particle is no word.
type hit struct {
	Mark
	loose bool
}

// join makes one mark of the touching hits of one word.
func join(all []hit) []Mark {
	slices.SortFunc(all, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.Word, b.Word), cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To))
	})
	n := 0
	for i, h := range all {
		if i > 0 && h.Word == all[n-1].Word && h.From <= all[n-1].To {
			last := &all[n-1]
			last.To, last.Weight, last.loose = max(last.To, h.To), last.Weight+h.Weight, last.loose && h.loose
			continue
		}
		all[n] = h
		n++
	}
	var marks []Mark
	for _, h := range all[:n] {
		if !h.loose {
			marks = append(marks, h.Mark)
		}
	}
	slices.SortFunc(marks, func(a, b Mark) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return marks
}

// inside marks the single syllables of the query inside a longer word: see widen.
func (m *Marker) inside(all []hit, text string, a *analysis, t *token) []hit {
	if t.n != 2 || t.kind != kindGram && t.kind != kindBridge {
		return all
	}
	for i := range int32(2) {
		of, ok := m.syllables[a.runes[t.at+i]]
		if !ok {
			continue
		}
		from, to := int(t.place.From), int(t.place.To)
		_, first := utf8.DecodeRuneInString(text[from:to])
		_, second := utf8.DecodeLastRuneInString(text[from:to])
		if first+second == to-from { // not a syllable in several characters
			if i == 0 {
				to -= second
			} else {
				from += first
			}
		}
		all = append(all, hit{Mark{from, to, int(of.word), of.weight}, false})
	}
	return all
}

// tells reports whether a token says what is looked for: it is not inside a particle,
// nor at its border, unless that may be the end of the word.
func (t *token) tells() bool { return t.kind != kindParticle && (t.kind != kindBridge || t.ending) }

// acronym reports whether a word is written in capitals: IT and US are no function
// words.
func acronym(word string) bool { return len(word) > 1 && word == strings.ToUpper(word) }

// functionWords are the keys of words that English grammar needs, a closed class.
var functionWords = sync.OnceValue(func() map[uint64]bool {
	var a analysis
	a.run(`a an the and or but nor if of to in on at by for from with as into than then so that this these those
		is are was were be been being am do does did doing has have had having will would shall should can could may might must
		i you he she it we they me him her us them my your his its our their mine yours
		what which who whom whose when where why how there here not no`)
	m := map[uint64]bool{}
	for i := range a.tokens {
		m[a.tokens[i].key] = true
	}
	return m
})
