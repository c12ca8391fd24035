package builtin

import (
	"context"
	"strings"
	"unicode"

	"github.com/fronyai/frony-db/embedder"
)

const (
	// Dims is the length of the vectors.
	Dims = 384
	// HeadDims is the length of the Matryoshka head.
	HeadDims = 192
)

// Embedder is the default model. It is safe for concurrent use.
type Embedder struct{ model *model }

// New returns the default model. The weights are read once per process, in a few
// milliseconds, and shared.
func New() *Embedder { return &Embedder{model: loaded()} }

// Spec names the model and its version.
func (*Embedder) Spec() embedder.Spec {
	return embedder.Spec{
		Model:         "frony-db/builtin",
		Revision:      "3",
		Dims:          Dims,
		HeadDims:      HeadDims,
		WeakHead:      true, // docs/decisions/0138-full-codes-where-they-are-better.md
		QueryPrefix:   "<Q>",
		PassagePrefix: "<P>",
		Pooling:       "bag",
		WeightsHash:   strings.TrimSpace(modelHash),
	}
}

// EmbedPassages embeds texts to be stored: 384 dimensions, unit length. It runs on the
// calling goroutine; call it from several to use more cores.
func (e *Embedder) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	b := bags.Get().(*bag)
	defer bags.Put(b)
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vectors[i] = b.embed(e.model, passage, text)
	}
	return vectors, ctx.Err()
}

// CountTokens implements [embedder.TokenCounter]. It counts the pieces of words, and each
// other rune that is not a space. The model reads all of them.
func (e *Embedder) CountTokens(text string) int {
	b := bags.Get().(*bag)
	defer bags.Put(b)
	n := 0
	b.word = eachWord(text, b.word, func(word []rune) {
		e.model.segment(&b.lattice, word, func(int32) { n++ })
	})
	for _, r := range text {
		if classOf(r) == blank && !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// Recognizes implements [embedder.Recognizer]. A word is known if the vocabulary has a
// piece of it. Letters of Hangul that make no syllable are known if it has all of them,
// as it has laughter: ㅋㅋ is a word, and ㄱㅊㅉㄱ is none.
func (e *Embedder) Recognizes(text string) bool {
	b := bags.Get().(*bag)
	defer bags.Put(b)
	known := false
	b.word = eachWord(text, b.word, func(word []rune) {
		if known {
			return
		}
		pieces, missing := 0, 0
		e.model.segment(&b.lattice, word, func(piece int32) {
			if piece < 0 || piece == e.model.start {
				missing++
			} else {
				pieces++
			}
		})
		jamo := 0x1100 <= word[0] && word[0] <= 0x11FF
		known = pieces > 0 && (missing == 0 || !jamo)
	})
	return known
}

// EmbedQuery embeds a text to search for: 384 dimensions, unit length.
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := bags.Get().(*bag)
	defer bags.Put(b)
	return b.embed(e.model, query, text), nil
}
