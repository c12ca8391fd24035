package db_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
)

// spaced is a text with every run of white space as one space.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestContext: the chunks around a result are the part of the document that they were
// cut from, whatever the overlap, and end where the document does.
func TestContext(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	rng := rand.New(rand.NewPCG(4, 2))
	words := strings.Fields("서울 부산 alpha beta 값은 gamma 오늘 delta 42 눈이 zeta eta")
	for n := range 30 {
		format, source := chunk.Format(n%2), fmt.Sprint("doc", n)
		var b strings.Builder
		for range 6 + rng.IntN(30) {
			for range 1 + rng.IntN(5) {
				b.WriteString(words[rng.IntN(len(words))] + " ")
			}
			b.WriteString([]string{"끝났다. ", "end.\n", "맞다.\n\n", "done. "}[rng.IntN(4)])
		}
		if format == chunk.Markdown {
			b.WriteString("\n\n## 절\n\n짧다.\n\n| a | b |\n| --- | --- |\n" + strings.Repeat("| 하나 둘 | three four |\n", 6))
		}
		text := b.String()
		o := words6(format)
		o.Overlap = new(n % 4)
		o.MaxTokens = 8 + n%7
		docs, err := c.Chunks(o, db.Document{ID: source, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.UpsertChunks(t.Context(), o, db.Document{ID: source, Text: text}); err != nil {
			t.Fatal(err)
		}
		for _, around := range []int{1, 2, db.MaxContext} {
			at := rng.IntN(len(docs))
			got, err := c.Search(t.Context(), db.Query{Text: docs[at].Text, K: 1, Mode: db.Lexical, Filter: filter.Eq(filter.FieldID, docs[at].ID), Context: around})
			if err != nil || len(got) != 1 {
				t.Fatalf("%d results, %v", len(got), err)
			}
			p := got[0].Context
			first, last := max(0, at-around), min(len(docs)-1, at+around)
			if p.First != first || p.Last != last {
				t.Fatalf("chunk %d of %d and %d around it: %d to %d", at, len(docs), around, p.First, p.Last)
			}
			start, end := docs[first].Metadata[db.MetaStart].(int64), docs[last].Metadata[db.MetaEnd].(int64)
			want := docs[first].Text[:len(docs[first].Text)-int(docs[first].Metadata[db.MetaEnd].(int64)-start)] + text[start:end]
			if spaced(p.Text) != spaced(want) {
				t.Fatalf("chunks %d to %d of %s:\n%q\nwant\n%q", first, last, source, p.Text, want)
			}
		}
	}
}

// TestContextWithout: what is no chunk, or has no text, or whose neighbours are elsewhere
// or deleted, has as much context as there is.
func TestContextWithout(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	ask := func(c *db.Collection, id string, more ...func(*db.Query)) db.Match {
		t.Helper()
		q := db.Query{Text: "apple banana cherry", K: 9, Filter: filter.Eq(filter.FieldID, id), Context: 2}
		for _, f := range more {
			f(&q)
		}
		got, err := c.Search(t.Context(), q)
		if err != nil || len(got) != 1 {
			t.Fatalf("%s: %d results, %v", id, len(got), err)
		}
		return got[0]
	}
	docs := []db.Document{{ID: "whole", Text: "apple"}, {ID: "mine-1", Source: "m", Text: "apple", Chunk: 1}}
	for i := range 5 {
		docs = append(docs, db.Document{
			ID: fmt.Sprint("d#", i), Source: "d", Chunk: i, Text: fmt.Sprint("apple ", i),
			Metadata: db.Metadata{"tenant": []string{"a", "b"}[i/3]},
		})
	}
	docs = append(docs, db.Document{ID: "m#2", Source: "other", Chunk: 2, Text: "apple m"})
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]db.Passage{
		"whole": {"apple", 0, 0}, "mine-1": {"apple", 1, 1},
		"d#0": {"apple 0\n\napple 1\n\napple 2", 0, 2},
		"d#2": {"apple 0\n\napple 1\n\napple 2\n\napple 3\n\napple 4", 0, 4},
	} {
		if got := ask(c, id).Context; got == nil || *got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	m := ask(c, "d#4", func(q *db.Query) { q.Fields = db.FieldMetadata })
	if m.Document.Text != "" || m.Context == nil || m.Context.First != 2 {
		t.Errorf("without the text: %+v, %+v", m.Document, m.Context)
	}
	m = ask(c, "d#4", func(q *db.Query) { q.Fields, q.Snippet, q.Highlight = db.FieldMetadata, 5, true })
	if m.Document.Text != "" || m.Context == nil || m.Snippet == nil || m.Snippet.Text != "apple" {
		t.Errorf("with a snippet: %+v", m)
	}
	if m := ask(c, "d#4", func(q *db.Query) { q.Context = 0 }); m.Context != nil {
		t.Errorf("not asked for: %+v", m.Context)
	}

	tenant, err := c.Restrict(filter.Eq("tenant", "a"))
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(tenant, "d#2").Context; got.First != 0 || got.Last != 2 || strings.Contains(got.Text, "3") {
		t.Errorf("a restricted collection shows others' chunks: %+v", got)
	}
	if _, err := c.Delete(t.Context(), "d#1"); err != nil {
		t.Fatal(err)
	}
	if got := ask(c, "d#2").Context; got.First != 2 || got.Last != 4 {
		t.Errorf("behind a gap: %+v", got)
	}
	for _, n := range []int{-1, db.MaxContext + 1} {
		if _, err := c.Search(t.Context(), db.Query{Text: "x", K: 1, Context: n}); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("context %d: %v", n, err)
		}
	}
}

// TestContextOfOtherOffsets: fields that say another place than the texts don't lose any
// of them.
func TestContextOfOtherOffsets(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	at := func(start, end int64) db.Metadata { return db.Metadata{db.MetaStart: start, db.MetaEnd: end} }
	if _, err := c.Upsert(t.Context(),
		db.Document{ID: "d#0", Source: "d", Text: "사과 하나.", Metadata: at(0, 14)},
		db.Document{ID: "d#1", Source: "d", Chunk: 1, Text: "사과 둘.", Metadata: at(3, 14)},
		db.Document{ID: "d#2", Source: "d", Chunk: 2, Text: "사과 셋.", Metadata: at(900, 9000)},
	); err != nil {
		t.Fatal(err)
	}
	got, err := c.Search(t.Context(), db.Query{Text: "사과", K: 1, Context: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"사과 하나.", "사과 둘.", "사과 셋."} {
		if !strings.Contains(got[0].Context.Text, part) {
			t.Errorf("%q is not in %q", part, got[0].Context.Text)
		}
	}
}

// TestContextBytes: what stands around the results of several collections has one limit.
func TestContextBytes(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	var all []*db.Collection
	for _, name := range []string{"a", "b"} {
		c := collection(t, d, name, nil)
		text := strings.Repeat("서울의 봄은 짧다. ", 300) + "\n\nneedle"
		if _, err := c.UpsertChunks(t.Context(), words6(chunk.Plain), db.Document{ID: "doc", Text: text}); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for most, fits := range map[int64]bool{0: true, 10_000: true, 1200: false} {
		q := db.Query{Text: "needle", K: 2, Mode: db.Lexical, Context: db.MaxContext, MaxBytes: most}
		if _, err := all[0].Search(t.Context(), q); err != nil {
			t.Errorf("one collection, at most %d bytes: %v", most, err)
		}
		m, err := db.SearchAll(t.Context(), q, all...)
		if fits && (err != nil || len(m) != 2) || !fits && !errors.Is(err, db.ErrResultsTooLarge) {
			t.Errorf("two collections, at most %d bytes: %d results, %v", most, len(m), err)
		}
	}
}
