package db

import (
	"context"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/chunk"
)

// A sentence of a text that is embedded as a question has so many characters.
const (
	sentenceMin = 8
	sentenceMax = 120
)

// ask embeds a sentence of a text as a question. Calibration asks so. It returns
// ErrNoEmbedder where no model runs in this process.
func (v *version) ask(ctx context.Context, text string) ([]float32, error) {
	if !v.local() {
		return nil, ErrNoEmbedder
	}
	return v.embedQuery(ctx, &Query{Text: sentence(text)})
}

// sentence draws one of a text's sentences, or its beginning if all are too short.
func sentence(text string) string {
	long := slices.DeleteFunc(chunk.Sentences(text), func(s string) bool { return utf8.RuneCountInString(s) < sentenceMin })
	if len(long) > 0 {
		text = long[rand.IntN(len(long))]
	}
	return text[:prefix(text, sentenceMax)]
}
