package lexical

import (
	"math"
	"slices"

	"github.com/fronyai/frony-db/internal/sound"
)

// Names are also indexed by their sound (package sound), so that 로즌스타인 finds a
// text about Rosenstein. Such a term is no part of BM25: it adds neither to a score
// nor to a length. It is evidence of its own, in hybrid search, of a question in one
// script for a text in the other. What both scripts share, numbers and abbreviations,
// is such evidence too.
//
// The key of a sound has the two highest bits, which no other key has. Then follow
// the script and the skeleton.
const (
	soundBits = 3 << 62
	latinBit  = 1 << 61
)

const (
	// shortestSound is the number of consonants of a sound that is not everywhere.
	shortestSound = 3
	// shortestLatin is the number of letters of a word that may be a name.
	shortestLatin = 4
	// A word of Hangul whose syllables are less like those of foreign words than this
	// is no name. A question's may be less so: it costs no memory.
	loanInText, loanInQuestion = 8, 0
	// A sound of more documents than this is no name: a share, and a number that
	// keeps the search short.
	soundShare, mostSounds = 0.02, 5000
)

func soundKey(s sound.Skeleton, latin bool) uint64 {
	key := soundBits | uint64(s)
	if latin {
		key |= latinBit
	}
	return key
}

// isSound and isGram tell what a key is of.
func isSound(key uint64) bool { return key >= soundBits }
func isGram(key uint64) bool  { return key>>62 == gramBit>>62 }

// sound notes a sound: of a text, or what a question looks for.
func (a *analysis) sound(s sound.Skeleton, latin bool) {
	if s.Len() >= shortestSound {
		a.also(soundKey(s, latin != a.asks))
	}
}

func (a *analysis) also(key uint64) {
	if !slices.Contains(a.sounds, key) {
		a.sounds = append(a.sounds, key)
	}
}

// latinSound notes the sound of a word of Latin letters, folded as runes[at:] and
// spelt as raw[p.from:p.to], unless it is an everyday one.
func (a *analysis) latinSound(p piece, at int) {
	word := a.runes[at:]
	if a.asks {
		for _, spelt := range sound.Spelt(word) {
			a.also(wordKey(spelt))
		}
	}
	if len(word) < shortestLatin {
		return
	}
	if n := p.to - p.from; a.raw[p.to-2] == '\'' || a.raw[p.to-2] == '\u2019' {
		if n > shortestLatin { // Rosenstein's
			word = word[:len(word)-1]
		}
	}
	s := sound.Latin(word)
	if s.Len() < shortestSound || ordinary(word) {
		return
	}
	a.sound(s, true)
	if a.asks {
		a.sound(sound.LatinToo(word), true)
	}
}

// ordinary reports whether a word of Latin letters is one of everyday texts.
func ordinary(word []rune) bool {
	var buf [32]rune
	_, ok := everydayRarity[Everyday(wordKey(stemLatin(append(buf[:0], word...))))]
	return ok
}

// hangulSound notes the sound of a run of Hangul whose first syllables are a stem, if
// it looks like a foreign word.
func (a *analysis) hangulSound(run []rune, stem int) {
	word := run[:stem]
	if !a.asks {
		if stem > 1 && sound.Loan(word) > loanInText {
			a.sound(sound.Hangul(word), false)
		}
		return
	}
	if letters := sound.Letters(word); letters != nil {
		a.also(wordKey(letters))
	}
	if stem < 2 || sound.Loan(word) <= loanInQuestion && sound.Loan(run) <= loanInQuestion {
		return
	}
	a.sound(sound.Hangul(word), false)
	a.sound(sound.HangulToo(word), false)
	a.sound(sound.Hangul(run), false) // what looks like a particle may be part of the name
}

// openSounds is open for what a question and a text in another script may share. The
// caller holds the lock.
func (x *Index) openSounds(s *search) {
	s.view = x.view()
	s.cursors = s.cursors[:0]
	s.bm = scorer{} // every occurrence is worth the same
	live := float64(x.live)
	most := max(3, min(live*soundShare, mostSounds))
	for _, key := range s.analysis.sounds {
		id, ok := x.ids[key]
		if !ok {
			continue
		}
		l := &x.lists[id]
		if df := float64(l.df); df <= most {
			s.cursors = append(s.cursors, newCursor(l, math.Log1p(live/df)/math.Log1p(live)))
		}
	}
}
