package db

import (
	"context"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder"
)

// A sentence of a text that is embedded as a question has so many characters.
const (
	sentenceMin = 8
	sentenceMax = 120
)

// ask embeds a sentence of a text as a question. Calibration asks so. It returns
// ErrNoEmbedder where no model runs in this process: calls to a provider cost
// money.
func (v *version) ask(ctx context.Context, text string) ([]float32, error) {
	e := v.embedder()
	if e == nil || embedder.Counter(e) == nil {
		return nil, ErrNoEmbedder
	}
	return v.embedQuery(ctx, &Query{Text: sentence(text)})
}

// sentence draws one of a text's sentences, or its beginning if all are too short.
func sentence(text string) string {
	var long []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".?!。\n", r) }) {
		if s = strings.TrimSpace(s); utf8.RuneCountInString(s) >= sentenceMin {
			long = append(long, s)
		}
	}
	if len(long) > 0 {
		text = long[rand.IntN(len(long))]
	}
	n := 0
	for i := range text {
		if n++; n > sentenceMax {
			return text[:i]
		}
	}
	return text
}
