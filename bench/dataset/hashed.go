package dataset

import (
	"math"
	"math/rand/v2"
)

// Hashed makes vectors like those of feature hashing on short texts. A text has two to nine
// words of a Zipfian vocabulary. A word is a few large numbers and some small ones at fixed
// positions in each half of the vector. Most of the energy is in a few dimensions. Queries
// are texts with one word added or removed.
func Hashed(n, queries, dims int, seed uint64) (base, query []float32) {
	const vocabulary = 20_000
	r := rand.New(rand.NewPCG(seed, 1))
	zipf := rand.NewZipf(r, 1.1, 10, vocabulary-1)
	texts := make([][]uint64, n)
	base = make([]float32, n*dims)
	for i := range texts {
		for range 2 + r.IntN(3)*r.IntN(4) + r.IntN(2) {
			texts[i] = append(texts[i], zipf.Uint64())
		}
		addWords(base[i*dims:(i+1)*dims], texts[i], seed)
	}
	query = make([]float32, queries*dims)
	for i := range queries {
		words := append([]uint64(nil), texts[r.IntN(n)]...)
		if i%2 == 0 {
			words = append(words, zipf.Uint64())
		} else {
			words = words[1:]
		}
		addWords(query[i*dims:(i+1)*dims], words, seed)
	}
	return base, query
}

func addWords(v []float32, words []uint64, seed uint64) {
	half := len(v) / 2
	for _, w := range words {
		r := rand.New(rand.NewPCG(seed, w+2))
		weight := float32(math.Log(2 + float64(w))) // rare words say more
		for i := range 10 {
			x := weight * float32(2*r.IntN(2)-1)
			if i > 1 {
				x *= 0.25
			}
			v[r.IntN(half)] += x
			v[half+r.IntN(half)] += x
		}
	}
	v[0] += 1e-3 // opposite words must not cancel out entirely
}
