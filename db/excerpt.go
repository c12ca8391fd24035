package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/lexical"
	"github.com/fronyai/frony-db/quant"
)

// A text without a word of the query is compared with it piece by piece: so many pieces
// at once, and so many for all results.
const (
	piecesAtOnce   = 8
	piecesOfSearch = 96
)

// excerpt fills Highlights and Snippet of the results. ask has the embeddings. Texts that
// were only read for this are dropped.
func (v *version) excerpt(ctx context.Context, m *lexical.Marker, q *Query, ask *index.Query, left *extras, out []Match) error {
	for i := range out {
		if err := ctx.Err(); err != nil {
			return err
		}
		text := out[i].Document.Text
		marks := m.Marks(text)
		words := spans(marks)
		if q.Snippet > 0 && text != "" {
			part := Span{0, prefix(text, q.Snippet)}
			switch {
			case part.End == len(text):
			case len(marks) > 0:
				part = cut(text, covering(dense(text, marks, q.Snippet)), q.Snippet)
			default:
				core, err := v.nearest(ctx, text, vectorFor(ask, out[i].Question), q.Snippet, left)
				if err != nil {
					return err
				}
				part = cut(text, core, q.Snippet)
			}
			out[i].Snippet = &Snippet{Text: text[part.Start:part.End], Start: part.Start, StartRune: utf8.RuneCountInString(text[:part.Start])}
			if q.Highlight {
				out[i].Snippet.Highlights = within(words, part)
			}
		}
		switch {
		case !q.wantsText():
			out[i].Document.Text = ""
		case q.Highlight:
			out[i].Highlights = words
		}
	}
	return nil
}

// vectorFor is the embedding of one of the questions, or of the only one.
func vectorFor(ask *index.Query, number int) []float32 {
	for i := range ask.Questions {
		if ask.Questions[i].Number == number {
			return ask.Questions[i].Vector
		}
	}
	return ask.Vector
}

// wantsText reports whether the results have their whole texts.
func (q *Query) wantsText() bool { return q.Fields == 0 || q.Fields&FieldText != 0 }

// nearest returns the sentences of a text that are nearest to the query and fit n
// characters, as far as left allows and a model runs in this process: a provider is not
// asked. Otherwise it returns the beginning. It compares eight pieces of the text, then
// eight of the nearest piece, down to a sentence.
func (v *version) nearest(ctx context.Context, text string, vec []float32, n int, left *extras) (Span, error) {
	if vec == nil || !v.local() {
		return Span{}, nil
	}
	all := sentenceSpans(text)
	whole := len(all)
	for len(all) > 1 && (len(all) == whole || utf8.RuneCountInString(text[all[0].Start:all[len(all)-1].End]) > n) {
		size := (len(all) + piecesAtOnce - 1) / piecesAtOnce
		var texts []string
		for piece := range slices.Chunk(all, size) {
			texts = append(texts, text[piece[0].Start:piece[len(piece)-1].End])
		}
		if left.pieces -= len(texts); left.pieces < 0 {
			break
		}
		vecs, err := v.embedder().EmbedPassages(ctx, texts)
		if err != nil {
			return Span{}, fmt.Errorf("embed sentences for a snippet: %w", err)
		}
		best, most := 0, float32(-2)
		for i := range vecs {
			if unit, err := normalised(vecs[i], len(vec)); err == nil && quant.Dot(unit, vec) > most {
				best, most = i, quant.Dot(unit, vec)
			}
		}
		all = all[best*size : min((best+1)*size, len(all))]
	}
	if len(all) == whole {
		return Span{}, nil
	}
	return Span{all[0].Start, all[len(all)-1].End}, nil
}

// sentenceSpans returns where the sentences of a text are.
func sentenceSpans(text string) []Span {
	var all []Span
	at := 0
	for _, s := range chunk.Sentences(text) {
		at += strings.Index(text[at:], s)
		all = append(all, Span{at, at + len(s)})
		at += len(s)
	}
	return all
}
