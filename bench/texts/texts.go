// Package texts generates texts for benchmarks, in Korean and English letters, because real
// ones cannot be shipped.
package texts

import (
	"math/rand/v2"
	"strings"
)

// Texts generates passages of made-up words. Words of a topic occur together, and word
// frequencies are as skewed as in a language. It is for one goroutine.
type Texts struct {
	rng   *rand.Rand
	words []string
	zipf  *rand.Zipf
	Bytes int64 // of all passages so far
}

// New returns a generator whose texts depend only on the seed.
func New(seed uint64) *Texts {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &Texts{rng: rng, zipf: rand.NewZipf(rng, 1.2, 8, 29_999)}
	for range 30_000 {
		t.words = append(t.words, t.word())
	}
	return t
}

func (t *Texts) word() string {
	var b strings.Builder
	if t.rng.IntN(2) == 0 {
		for range 1 + t.rng.IntN(3) {
			b.WriteRune(rune(0xAC00 + 28*t.rng.IntN(399) + []int{0, 0, 0, 1, 4, 8, 16, 17, 21}[t.rng.IntN(9)]))
		}
		return b.String()
	}
	for range 1 + t.rng.IntN(3) {
		b.WriteByte("bcdfghjklmnprstvwz"[t.rng.IntN(18)])
		b.WriteByte("aeiou"[t.rng.IntN(5)])
	}
	return b.String()
}

// Passage has 8 to 40 words, two thirds of them from one of 3,000 topics.
func (t *Texts) Passage() string {
	topic := t.rng.IntN(3000) * 10
	var b strings.Builder
	for range 8 + t.rng.IntN(33) {
		w := int(t.zipf.Uint64())
		if t.rng.IntN(3) > 0 {
			w = (topic + int(t.zipf.Uint64())%60) % len(t.words)
		}
		b.WriteString(t.words[w])
		b.WriteByte(' ')
	}
	t.Bytes += int64(b.Len())
	return b.String()
}

// Question takes some words of a passage and adds others.
func (t *Texts) Question(passage string) string {
	words := strings.Fields(passage)
	var q []string
	for range 3 + t.rng.IntN(4) {
		q = append(q, words[t.rng.IntN(len(words))])
	}
	return strings.Join(append(q, t.words[t.zipf.Uint64()]), " ")
}
