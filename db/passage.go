package db

import (
	"strings"

	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/embedder"
)

// A title is embedded as far as it has at most half of the text's tokens, or
// leastTitle if that is more: it says what a chunk is about, and the text must
// still count.
const leastTitle = 12

// passage is what is embedded of a document: the title, and below it the text.
func (v *version) passage(title, text string) string {
	text = chunk.Embedded(text)
	if title = chunk.Above(title, text); title == "" {
		return text
	}
	budget := max(leastTitle, chunk.Estimate(text)/2)
	if e := v.embedder(); e != nil && e.Spec().MaxTokens > 0 {
		count := embedder.Counter(e)
		if count == nil {
			count = chunk.Estimate
		}
		budget = min(budget, e.Spec().MaxTokens-count(text))
	}
	if title = shortTitle(title, budget); title == "" {
		return text
	}
	return title + "\n\n" + text
}

// shortTitle is the part of a title to embed: the innermost headings, if all have more
// tokens than the budget.
func shortTitle(title string, budget int) string {
	parts := strings.Split(title, chunk.TitleSeparator)
	n := len(parts)
	for n > 0 {
		if budget -= chunk.Estimate(parts[n-1]); budget < 0 {
			break
		}
		n--
	}
	return strings.Join(parts[n:], chunk.TitleSeparator)
}
