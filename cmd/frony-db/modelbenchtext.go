package main

import (
	"sort"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/sample"
	"github.com/fronyai/frony-db/embedder"
)

// benchTexts cuts passages of a given length from the sample corpus.
type benchTexts struct {
	words []string
	count func(string) int
	unit  string
}

func newBenchTexts(e embedder.Embedder) (*benchTexts, error) {
	passages, err := sample.Passages()
	if err != nil {
		return nil, err
	}
	t := &benchTexts{count: func(s string) int { return len(strings.Fields(s)) }, unit: "words"}
	if count := embedder.Counter(e); count != nil {
		t.count, t.unit = count, "tokens"
	}
	// Alternate between Korean and English, which are half of the passages each.
	half := len(passages) / 2
	for i := range half {
		t.words = append(t.words, strings.Fields(passages[i].Text)...)
		t.words = append(t.words, strings.Fields(passages[half+i].Text)...)
	}
	return t, nil
}

// batch makes n different passages of tokens tokens each, or a little less where
// the last piece doesn't fit, and counts their tokens.
func (t *benchTexts) batch(tokens, n int) (texts []string, total int) {
	for i := range n {
		// Every word is at least one token, so this many words suffice.
		long := []rune(t.passage(i*37%len(t.words), tokens))
		k := sort.Search(len(long), func(k int) bool { return t.count(string(long[:k+1])) > tokens })
		text := string(long[:max(k, 1)])
		texts, total = append(texts, text), total+min(t.count(text), tokens)
	}
	return texts, total
}

// passage is k words beginning with one, continuing at the start after the last.
func (t *benchTexts) passage(from, k int) string {
	var s strings.Builder
	for i := range k {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(t.words[(from+i)%len(t.words)])
	}
	return s.String()
}
