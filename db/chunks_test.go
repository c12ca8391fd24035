package db_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/embedder/transformer"
)

func words6(format chunk.Format) chunk.Options {
	return chunk.Options{Format: format, MaxTokens: 6, Overlap: new(0), Count: func(s string) int { return len(strings.Fields(s)) }}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	doc := db.Document{
		ID: "guide.md", Metadata: db.Metadata{"lang": "en"},
		Text: "---\nlang: ko\nyear: 2024\n---\n# 안내\n\nOne two three.\n\n## 설치\n\nFour five six.",
	}
	got, err := c.Chunks(words6(chunk.Markdown), doc)
	if err != nil {
		t.Fatal(err)
	}
	want := []db.Document{
		{
			ID: "guide.md#0", Title: "안내", Text: "# 안내\n\nOne two three.", Source: "guide.md", Chunk: 0,
			Metadata: db.Metadata{"lang": "en", "year": int64(2024), "title": "안내", "heading": []string{"안내"}, "chunk_start": int64(28), "chunk_end": int64(52)},
		},
		{
			ID: "guide.md#1", Title: "안내 > 설치", Text: "## 설치\n\nFour five six.", Source: "guide.md", Chunk: 1,
			Metadata: db.Metadata{"lang": "en", "year": int64(2024), "title": "안내", "heading": []string{"안내", "설치"}, "chunk_start": int64(54), "chunk_end": int64(79)},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, p := range got {
		if start, end := p.Metadata[db.MetaStart].(int64), p.Metadata[db.MetaEnd].(int64); doc.Text[start:end] != p.Text {
			t.Errorf("%s is not text[%d:%d]", p.ID, start, end)
		}
	}
	if doc.Metadata["year"] != nil {
		t.Error("the document's own metadata was changed")
	}

	long := strings.Repeat("One two three. ", 10)
	for _, test := range []struct {
		doc  db.Document
		want []string // ids; nil: unchanged
	}{
		{db.Document{ID: "r", Text: long, Metadata: db.Metadata{"heading": "mine"}}, []string{"r#0", "r#1", "r#2", "r#3", "r#4"}},
		{db.Document{ID: "r", Text: "One."}, []string{"r"}},
		{db.Document{ID: "r", Text: "---\na: b\n---\nOne."}, []string{"r"}}, // no Markdown
		{db.Document{ID: "e", Text: long, Embedding: []float32{1}}, nil},
		{db.Document{ID: "p", Text: long, Source: "book", Chunk: 3}, nil},
	} {
		got, err := c.Chunks(words6(chunk.Plain), test.doc)
		if err != nil {
			t.Fatal(err)
		}
		if test.want == nil {
			if len(got) != 1 || !reflect.DeepEqual(got[0], test.doc) {
				t.Errorf("%s was changed: %+v", test.doc.ID, got)
			}
			continue
		}
		var ids []string
		for _, d := range got {
			if ids = append(ids, d.ID); d.Source != "r" || d.Metadata["heading"] != test.doc.Metadata["heading"] {
				t.Errorf("%+v", d)
			}
		}
		if !slices.Equal(ids, test.want) {
			t.Errorf("%q: %q, want %q", test.doc.Text, ids, test.want)
		}
	}
	if got, err := c.Chunks(words6(chunk.Markdown), db.Document{Text: "---\na: b\n---\nOne."}); err != nil || len(got) != 1 ||
		got[0].Text != "One." || got[0].Metadata["a"] != "b" || got[0].ID == "" || got[0].Source != got[0].ID {
		t.Errorf("%+v %v", got, err)
	}
}

// TestUpsertChunks: whether a document was stored whole or in chunks before, the
// collection has its last version, and no other document changes.
func TestUpsertChunks(t *testing.T) {
	t.Parallel()
	rng := random(t)
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := collection(t, d, "c", nil)
	if _, err := c.Upsert(t.Context(), db.Document{ID: "alone", Text: "혼자 있는 글"}, db.Document{ID: "a#x", Text: "not a chunk of a"}); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	sentences := func(n int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, "문장 %d %s. ", i, words[rng.IntN(len(words))])
		}
		return s.String()
	}
	for range 40 {
		var docs []db.Document
		for _, id := range []string{"a", "b", "c"}[rng.IntN(3):] {
			n := 1 + rng.IntN(30)
			if rng.IntN(2) == 0 {
				n = 1
			}
			texts[id] = sentences(n)
			docs = append(docs, db.Document{ID: id, Text: texts[id], Metadata: db.Metadata{"n": n}})
		}
		if rng.IntN(5) == 0 { // has an embedding: stored whole, without a source
			if _, err := c.Upsert(t.Context(), db.Document{ID: docs[0].ID, Text: "whole"}); err != nil {
				t.Fatal(err)
			}
		}
		r, err := c.UpsertChunks(t.Context(), words6(chunk.Plain), docs...)
		if err != nil || r.Written+r.Unchanged != len(r.IDs) {
			t.Fatalf("%+v %v", r, err)
		}
		again, err := c.UpsertChunks(t.Context(), words6(chunk.Plain), docs...)
		if err != nil || again.Written != 0 || again.Deleted != 0 || !slices.Equal(again.IDs, r.IDs) {
			t.Fatalf("the same again: %+v %v", again, err)
		}
		want := []string{"alone", "a#x"}
		for id, text := range texts {
			pieces, err := c.Chunks(words6(chunk.Plain), db.Document{ID: id, Text: text})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range pieces {
				want = append(want, p.ID)
			}
		}
		var got []string
		for d, err := range c.Scan(t.Context(), db.Scan{}) {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, d.ID); d.Source != "" && !strings.Contains(texts[d.Source], d.Text) {
				t.Fatalf("%s has text of an older version: %q", d.ID, d.Text)
			}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q\nwant %q", got, want)
		}
		if rng.IntN(10) == 0 {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = open(t, dir, nil)
			c = collection(t, d, "c", nil)
		}
	}
	if r, err := c.ReplaceSource(t.Context(), "a"); err != nil || r.Deleted == 0 {
		t.Errorf("deleting a: %+v %v", r, err)
	}
	if _, err := c.UpsertChunks(t.Context(), chunk.Options{}, db.Document{ID: "x", Text: "1"}, db.Document{ID: "x", Text: "2"}); !errors.Is(err, db.ErrDuplicateID) {
		t.Error(err)
	}
	if _, err := c.UpsertChunks(t.Context(), chunk.Options{MaxTokens: -1}, db.Document{ID: "x", Text: "1"}); !errors.Is(err, db.ErrInvalidOptions) {
		t.Error(err)
	}
}

// TestInsertChunks: InsertChunks stores what UpsertChunks stores in an empty
// collection.
func TestInsertChunks(t *testing.T) {
	t.Parallel()
	rng := random(t)
	d := open(t, t.TempDir(), nil)
	inserted, upserted := collection(t, d, "inserted", nil), collection(t, d, "upserted", nil)
	all := func(c *db.Collection) (docs []db.Document) {
		t.Helper()
		for d, err := range c.Scan(t.Context(), db.Scan{Fields: db.FieldText | db.FieldMetadata | db.FieldEmbedding}) {
			if err != nil {
				t.Fatal(err)
			}
			d.Created = time.Time{}
			docs = append(docs, d)
		}
		return docs
	}
	n := 0
	for range 20 {
		docs := make([]db.Document, rng.IntN(4))
		for i := range docs {
			n++
			docs[i] = db.Document{ID: fmt.Sprint("d", n), Text: mixed(rng), Metadata: db.Metadata{"n": n}}
			if rng.IntN(3) == 0 {
				docs[i].Text = "short"
			}
			if rng.IntN(5) == 0 {
				docs[i].Source = "book"
			}
		}
		o := words6(chunk.Format(rng.IntN(2)))
		ids, err := inserted.InsertChunks(t.Context(), o, docs...)
		if err != nil {
			t.Fatal(err)
		}
		r, err := upserted.UpsertChunks(t.Context(), o, docs...)
		if err != nil || !slices.Equal(ids, r.IDs) {
			t.Fatal(ids, r, err)
		}
	}
	if got, want := all(inserted), all(upserted); len(got) < n || !reflect.DeepEqual(got, want) {
		t.Errorf("%d documents, want %d that are the same", len(got), len(want))
	}
	if ids, err := inserted.InsertChunks(t.Context(), words6(chunk.Plain), db.Document{Text: "One two three. Four five six. Seven."}); err != nil ||
		len(ids) != 2 || !strings.HasSuffix(ids[1], "#1") || len(ids[0]) < 10 {
		t.Error(ids, err)
	}
}

// TestInsertChunksRefuses: a document exists if a stored document has its id as its
// ID or Source. Then no part of the batch is written.
func TestInsertChunksRefuses(t *testing.T) {
	d := open(t, t.TempDir(), &db.Options{Embedder: embeddertest.New(8, 1), Limits: db.Limits{Batch: 20}})
	c := collection(t, d, "c", nil)
	long := strings.Repeat("One two three. ", 10)
	soon := time.Now().Add(200 * time.Millisecond)
	if _, err := c.UpsertChunks(t.Context(), words6(chunk.Plain), db.Document{ID: "cut", Text: long}, db.Document{ID: "fits", Text: "One."}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(),
		db.Document{ID: "whole", Text: "One."}, db.Document{ID: "cover", Text: "One.", Source: "book"}, db.Document{ID: "new#2", Text: "One."},
		db.Document{ID: "expired", Text: "One.", Expires: soon}, db.Document{ID: "page", Text: "One.", Source: "leaflet", Expires: soon},
	); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(soon))
	count := func() int {
		t.Helper()
		n, err := c.Count(t.Context(), filter.All())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	for _, test := range []struct {
		id, text string
		want     error
		named    string
	}{
		{"cut", long, db.ErrExists, `"cut"`},
		{"cut", "One.", db.ErrExists, `"cut"`},
		{"cut#3", "One.", db.ErrExists, `"cut#3"`},
		{"fits", long, db.ErrExists, `"fits"`},
		{"whole", long, db.ErrExists, `"whole"`},
		{"whole", "One.", db.ErrExists, `"whole"`},
		{"book", long, db.ErrExists, `"book"`},
		{"new", long, db.ErrExists, `"new#2"`},
		{"other", long, db.ErrDuplicateID, `"other"`},
		{"empty", "", db.ErrInvalidText, `"empty"`},
		{"huge", strings.Repeat(long, 4), db.ErrBatchTooLarge, "more than 20 chunks"},
	} {
		_, err := c.InsertChunks(t.Context(), words6(chunk.Plain), db.Document{ID: "other", Text: long}, db.Document{ID: test.id, Text: test.text})
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.named) {
			t.Errorf("%s: %v, want %v of %s", test.id, err, test.want, test.named)
		}
	}
	_, err := c.InsertChunks(t.Context(), words6(chunk.Plain), db.Document{ID: "book", Text: long}, db.Document{ID: "whole", Text: long}, db.Document{ID: "x", Text: long})
	if !errors.Is(err, db.ErrExists) || !strings.Contains(err.Error(), `"book", "whole":`) {
		t.Errorf("not all existing ids are named: %v", err)
	}
	if _, err := c.InsertChunks(t.Context(), chunk.Options{MaxTokens: -1}, db.Document{ID: "other", Text: long}); !errors.Is(err, db.ErrInvalidOptions) {
		t.Error(err)
	}
	if n := count(); n != before {
		t.Errorf("%d documents, and %d before", n, before)
	}
	if ids, err := c.InsertChunks(t.Context(), words6(chunk.Plain)); ids != nil || err != nil {
		t.Error(ids, err)
	}
	// An id is free once its document has expired, or is deleted with all its chunks.
	if _, err := c.ReplaceSource(t.Context(), "cut"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"expired", "leaflet", "cut"} {
		if _, err := c.InsertChunks(t.Context(), words6(chunk.Plain), db.Document{ID: id, Text: long}); err != nil {
			t.Error(err)
		}
	}
}

func TestUpsertChunksTooMany(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: embeddertest.New(8, 1), Limits: db.Limits{Batch: 4}})
	c := collection(t, d, "c", nil)
	_, err := c.UpsertChunks(t.Context(), words6(chunk.Plain), db.Document{ID: "x", Text: strings.Repeat("One two three. ", 10)})
	if !errors.Is(err, db.ErrBatchTooLarge) {
		t.Error(err)
	}
}

// TestChunksFitTheModel: a chunk never exceeds the model's maximum, including the
// tokens that the model adds, and no part of the text is lost.
func TestChunksFitTheModel(t *testing.T) {
	t.Parallel()
	rng := random(t)
	models := map[string]embedder.Embedder{"builtin": builtin.New()}
	for _, name := range []string{"bert-mean-f32", "xlmr-cls-f16", "roberta-mean-bf16-sharded"} {
		e, err := transformer.Open(filepath.Join("..", "embedder", "transformer", "testdata", "models", name), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		models[name] = e
	}
	for name, e := range models {
		t.Run(name, func(t *testing.T) {
			c := collection(t, open(t, t.TempDir(), &db.Options{Embedder: e}), "c", nil)
			count, limit := embedder.Counter(e), e.Spec().MaxTokens
			if name == "builtin" {
				limit = chunk.DefaultMaxTokens // the model has no maximum
			}
			for range 20 {
				text := mixed(rng)
				o := chunk.Options{Format: chunk.Format(rng.IntN(2))}
				if rng.IntN(2) == 0 {
					o.MaxTokens = count("") + 8 + rng.IntN(limit-count("")-8)
				}
				most := limit
				if o.MaxTokens > 0 {
					most = o.MaxTokens
				}
				chunks, err := c.Chunks(o, db.Document{ID: "x", Text: text})
				if err != nil {
					t.Fatal(err)
				}
				covered := 0
				for _, d := range chunks {
					if n := count(d.Text); n > most {
						t.Fatalf("a chunk takes %d tokens of %d: %q", n, most, d.Text)
					}
					if len(chunks) > 1 {
						start, end := int(d.Metadata[db.MetaStart].(int64)), int(d.Metadata[db.MetaEnd].(int64))
						if strings.TrimSpace(text[min(covered, start):start]) != "" {
							t.Fatalf("%q is in no chunk", text[covered:start])
						}
						covered = end
					}
				}
				if len(chunks) > 1 && strings.TrimSpace(text[covered:]) != "" {
					t.Fatalf("%q is in no chunk", text[covered:])
				}
			}
			if e.Spec().MaxTokens > 0 {
				if _, err := c.Chunks(chunk.Options{MaxTokens: limit + 1}); !errors.Is(err, db.ErrInvalidOptions) {
					t.Errorf("chunks that are too long: %v", err)
				}
				if _, err := c.Chunks(chunk.Options{MaxTokens: count("")}); !errors.Is(err, db.ErrInvalidOptions) {
					t.Errorf("chunks without room for text: %v", err)
				}
			}
		})
	}
}

// mixed returns a text with all kinds of content.
func mixed(rng *rand.Rand) string {
	var s strings.Builder
	for range 20 + rng.IntN(200) {
		switch rng.IntN(12) {
		case 0:
			s.WriteString("\n\n# " + words[rng.IntN(len(words))] + "\n\n")
		case 1:
			s.WriteString(strings.Repeat("가나다라마바사", rng.IntN(40)))
		case 2:
			s.WriteString("https://example.com/" + strings.Repeat("abcdef0123456789", rng.IntN(20)) + "?a=b ")
		case 3:
			s.WriteString("👩‍👩‍👧‍👦 e\u0301 —…!? ")
		case 4:
			s.WriteString("```\nfor i := range n { f(i) }\n```\n")
		case 5:
			s.WriteString("| a | b |\n|---|---|\n| 1 | 2 |\n")
		default:
			s.WriteString(sentence(rng) + ". ")
		}
	}
	return s.String()
}
