package embeddertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/fronyai/frony-db/embedder"
)

// Fake is a deterministic embedder for tests: a text's vector is the
// normalised sum of one pseudo-random direction for each of its words, so
// texts that share words are near. Queries and passages are embedded alike. It
// is safe for concurrent use.
type Fake struct {
	dims int
	seed uint64
}

// New returns a Fake with dims dimensions. Fakes with different seeds have different
// directions and different fingerprints. It panics when
// dims is less than 2.
func New(dims int, seed uint64) *Fake {
	if dims < 2 {
		panic(fmt.Sprintf("embeddertest: %d dims, want at least 2", dims))
	}
	return &Fake{dims: dims, seed: seed}
}

// EmbedPassages embeds each text.
func (f *Fake) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = f.embed(text)
	}
	return vectors, ctx.Err()
}

// EmbedQuery embeds text as EmbedPassages does.
func (f *Fake) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return f.embed(text), nil
}

// Spec names the fake, its seed and its dims; the head is half of them.
func (f *Fake) Spec() embedder.Spec {
	return embedder.Spec{
		Model:    "embeddertest/fake",
		Revision: fmt.Sprint(f.seed),
		Dims:     f.dims,
		HeadDims: f.dims / 2,
		Pooling:  "bag",
	}
}

func (f *Fake) embed(text string) []float32 {
	v := make([]float32, f.dims)
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
	for _, word := range words {
		f.add(v, word)
	}
	if !embedder.Normalize(v) { // no words, or directions that cancel out
		clear(v)
		f.add(v, "\x00"+text)
		embedder.Normalize(v)
	}
	return v
}

// add adds word's direction: dims draws, uniform in [-1, 1), from a generator
// seeded with the word's FNV-1a hash.
func (f *Fake) add(v []float32, word string) {
	h := uint64(14695981039346656037)
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * 1099511628211
	}
	rng := rand.New(rand.NewPCG(f.seed, h))
	for i := range v {
		v[i] += 2*rng.Float32() - 1
	}
}
