package db_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// filler is a text of n sentences that say nothing of interest.
func filler(n int) string { return strings.Repeat("오늘은 날씨가 맑고 바람이 없다. ", n) }

func marked(text string, spans []db.Span) []string {
	var out []string
	for _, s := range spans {
		out = append(out, text[s.Start:s.End])
	}
	return out
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	move := filler(20) + "이사하면 14일 안에 전입신고를 한다. " + filler(20)
	both := "이사. " + filler(20) + "서울에서 이사할 때는 용달을 부른다. " + filler(20)
	if _, err := c.Upsert(t.Context(),
		db.Document{ID: "move", Text: move}, db.Document{ID: "both", Text: both}, db.Document{ID: "short", Text: "짧은 글"},
		db.Document{ID: "vector", Embedding: make1(c.Dims())}); err != nil {
		t.Fatal(err)
	}
	find := func(q db.Query, id string) db.Match {
		t.Helper()
		q.K = 10
		all, err := c.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.Document.ID == id {
				return m
			}
		}
		t.Fatalf("%s is not found", id)
		return db.Match{}
	}
	m := find(db.Query{Text: "이사하면", Highlight: true}, "move")
	if got := marked(m.Document.Text, m.Highlights); len(got) != 1 || got[0] != "이사" || m.Snippet != nil {
		t.Errorf("marked %q, snippet %v", got, m.Snippet)
	}
	m = find(db.Query{Text: "서울 이사", Highlight: true, Snippet: 60, Fields: db.FieldsNone}, "both")
	s := m.Snippet
	if s == nil || m.Document.Text != "" || m.Highlights != nil {
		t.Fatalf("%+v", m)
	}
	if got := marked(s.Text, s.Highlights); strings.Join(got, " ") != "서울 이사" {
		t.Errorf("marked %q in %q", got, s.Text)
	}
	if !strings.HasPrefix(both[s.Start:], s.Text) || utf8.RuneCountInString(s.Text) > 60 {
		t.Errorf("%+v", s)
	}
	if !strings.HasPrefix(s.Text, "오늘은") && !strings.HasPrefix(s.Text, "서울에서") {
		t.Errorf("%q begins inside a sentence", s.Text)
	}
	// Without a word in common, the sentence decides; in another language, too.
	for _, q := range []db.Query{{Text: "registering a new address after moving house"}, {Text: "registering a new address after moving house", Mode: db.Dense}} {
		q.Snippet = 50
		if m = find(q, "move"); !strings.Contains(m.Snippet.Text, "전입신고") || m.Document.Text != move {
			t.Errorf("%+v", m.Snippet)
		}
	}
	if m = find(db.Query{Text: "이사", Snippet: 50}, "short"); m.Snippet.Text != "짧은 글" || m.Snippet.Start != 0 {
		t.Errorf("%+v", m.Snippet)
	}
	if m = find(db.Query{Text: "이사", Snippet: 50, Highlight: true}, "vector"); m.Snippet != nil {
		t.Errorf("%+v", m.Snippet)
	}
	for _, q := range []db.Query{
		{Text: "x", K: 1, Snippet: -1},
		{Text: "x", K: 1, Snippet: db.MaxSnippet + 1},
		{Embedding: make1(c.Dims()), K: 1, Highlight: true},
		{Text: "x", K: 1, Highlight: true, Fields: db.FieldMetadata},
	} {
		if _, err := c.Search(t.Context(), q); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func make1(dims int) []float32 {
	v := make([]float32, dims)
	v[0] = 1
	return v
}

// Whatever text, words and length are, a snippet is a part of the text, not longer than
// asked for, with a marked word if the text has one, and its marks are the text's.
func TestSnippetsOfAnything(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	words := []string{"서울에서", "이사", "이사하면", "go", "v1.2.3", "東京", "😀", "e\u0301", ". ", "\n", "긴단어가이어지고또이어져서끝나지않는다", "\u1109\u1165", "ﬁne"}
	draw := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(words[rng.IntN(len(words))])
			if rng.IntN(3) > 0 {
				b.WriteByte(' ')
			}
		}
		return b.String()
	}
	d := open(t, t.TempDir(), &db.Options{Embedder: alike{}})
	c := collection(t, d, "c", nil)
	for range 300 {
		text := draw(1 + rng.IntN(200))
		if _, err := c.Upsert(t.Context(), db.Document{ID: "1", Text: text}); err != nil {
			t.Fatal(err)
		}
		q := db.Query{Text: draw(1 + rng.IntN(3)), K: 1, Highlight: true, Snippet: 1 + rng.IntN(100)}
		m, err := c.Search(t.Context(), q)
		if err != nil || len(m) != 1 {
			t.Fatal(m, err)
		}
		s := m[0].Snippet
		if !strings.HasPrefix(text[s.Start:], s.Text) || utf8.RuneCountInString(text[:s.Start]) != s.StartRune || !utf8.ValidString(s.Text) || utf8.RuneCountInString(s.Text) > q.Snippet ||
			len(s.Highlights) == 0 && len(m[0].Highlights) > 0 {
			t.Fatalf("%q of %q for %q, %d characters: marks %v of %v", s.Text, text, q.Text, q.Snippet, s.Highlights, m[0].Highlights)
		}
		for _, h := range s.Highlights {
			inside := false
			for _, w := range m[0].Highlights {
				inside = inside || w.Start <= h.Start+s.Start && h.End+s.Start <= w.End
			}
			if !inside || h.Start >= h.End {
				t.Fatalf("mark %v of %q in %q", h, s.Text, text)
			}
		}
	}
}
