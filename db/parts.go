package db

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/internal/index"
)

const (
	longText  = 80 // characters of a question that may hold more than what is asked
	longWords = 30 // words of a sentence that is searched in windows
	window    = 12 // words of a window; half of them are in the next one, too
	partsMost = 16
)

// embedParts splits a long question into parts, each with its embedding where the
// model runs in this process. A provider is asked for one embedding a question: the
// parts then have that of the whole.
func (v *version) embedParts(ctx context.Context, q *Query) ([]index.Part, error) {
	texts := v.most(parts(q.Text))
	out := make([]index.Part, len(texts))
	for i, t := range texts {
		out[i].Text = t
		if !v.local() {
			continue
		}
		vec, err := v.embedQuery(ctx, &Query{Text: t, known: q.known})
		if err != nil {
			return nil, err
		}
		out[i].Vector = vec
	}
	return out, nil
}

// parts splits a long question into what is searched by itself: its sentences, and
// windows of sentences that go on and on. A question inside a letter shares little
// with its answer, and the letter's other sentences do not concern it. Nil if there
// is nothing to split.
func parts(text string) []string {
	if utf8.RuneCountInString(text) < longText {
		return nil
	}
	var all []string
	for _, sentence := range chunk.Sentences(untagged(text)) {
		for _, s := range said(sentence) {
			words := strings.Fields(s)
			if len(words) < longWords {
				all = append(all, s)
				continue
			}
			for i := 0; i < len(words); i += window / 2 {
				end := min(i+window, len(words))
				all = append(all, strings.Join(words[i:end], " "))
				if end == len(words) {
					break
				}
			}
		}
	}
	if len(all) < 2 {
		return nil
	}
	return all
}

// most returns no more than partsMost of the parts: those that tell most, in order. Where
// nothing knows what they tell, neighbours are joined.
func (v *version) most(all []string) []string {
	if len(all) <= partsMost {
		return all
	}
	tell := v.Tells(all)
	if tell == nil {
		return paired(all)
	}
	least := slices.Sorted(slices.Values(tell))[len(all)-partsMost]
	var kept []string
	for i, text := range all {
		if tell[i] >= least && len(kept) < partsMost {
			kept = append(kept, text)
		}
	}
	return kept
}

// paired joins neighbours until no more than partsMost are left.
func paired(all []string) []string {
	for len(all) > partsMost {
		pairs := all[:0]
		for i := 0; i < len(all); i += 2 {
			pairs = append(pairs, strings.Join(all[i:min(i+2, len(all))], " "))
		}
		all = pairs
	}
	return all
}
