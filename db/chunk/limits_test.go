package chunk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The documented defaults.
func TestDefaults(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	if o.MaxTokens != 128 || *o.Overlap != 16 || o.Count == nil {
		t.Errorf("MaxTokens %d, Overlap %d", o.MaxTokens, *o.Overlap)
	}
}

// Text that must be cut within a sentence is cut at a space in the second half of a
// chunk, and not at one before that.
func TestCutAtSpace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ space, want int }{{90, 91}, {60, 61}, {40, 100}} {
		doc := strings.Repeat("a", c.space) + " " + strings.Repeat("b", 200)
		chunks := Split(doc, Options{MaxTokens: 100, Overlap: new(0), Count: utf8.RuneCountInString})
		if got := chunks[1].Start; got != c.want {
			t.Errorf("space at %d: the second chunk begins at %d, want %d", c.space, got, c.want)
		}
	}
}

// A space may be missing after any Korean ending, and an abbreviation may be long.
func TestSentenceEndings(t *testing.T) {
	t.Parallel()
	for _, r := range "다요죠까네오음임함됨지군라자" {
		text := "먹" + string(r) + ".그리고"
		if n := sentenceEnd(text, 0); n != len("먹다.") {
			t.Errorf("%q: the sentence ends at %d", text, n)
		}
	}
	if n := sentenceEnd("It takes approx. 5 days", 0); n != -1 {
		t.Errorf("a sentence ends at %d, after an abbreviation", n)
	}
}

func TestNestingLimit(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]bool{maxNesting: false, maxNesting + 1: true} {
		if got := nestsTooDeep(strings.Repeat("> ", n) + "text"); got != want {
			t.Errorf("%d quotations in a line are too many: %v", n, got)
		}
	}
	if maxNesting != 100 {
		t.Errorf("the limit is %d; decision 0073 says 100", maxNesting)
	}
}

func TestFrontMatterDepth(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string {
		var b strings.Builder
		b.WriteString("---\n")
		for i := range depth {
			fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
		}
		fmt.Fprintf(&b, "%sa: 1\n---\n", strings.Repeat(" ", depth))
		return b.String()
	}
	if meta, _, err := FrontMatter(nested(31)); err != nil || len(meta) != 1 || !slices.Equal([]any{meta[strings.Repeat("a.", 31)+"a"]}, []any{int64(1)}) {
		t.Errorf("32 levels: %v, %v", meta, err)
	}
	if _, _, err := FrontMatter(nested(32)); !errors.Is(err, ErrFrontMatter) {
		t.Errorf("33 levels: %v", err)
	}
}
