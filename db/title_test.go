package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// A title is searched by words and by meaning, shown apart from the text, and kept.
func TestTitle(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	d := open(t, dir, nil)
	e := &told{Embedder: builtin.New()}
	o := &db.CollectionOptions{Embedder: e}
	c := collection(t, d, "c", o)
	docs := []db.Document{
		{ID: "vac", Title: "연차휴가 규정", Text: "사원은 입사 1년 후 15일을 쓸 수 있다. 신청은 사흘 전에 한다.", Metadata: db.Metadata{"tags": []string{"인사", "복지"}}},
		{ID: "own", Title: "출장비 안내", Text: "영수증은 출장이 끝난 뒤 사흘 안에 낸다.", Metadata: db.Metadata{"title": "돈"}},
		{ID: "none", Text: "구내식당은 12시에 연다.", Metadata: db.Metadata{"tags": "점심, 식당"}},
	}
	if _, err := c.Upsert(ctx, docs...); err != nil {
		t.Fatal(err)
	}
	if want := docs[0].Title + "\n\n" + docs[0].Text; e.texts[0] != want {
		t.Errorf("embedded %q, want %q", e.texts[0], want)
	}
	found := func(q db.Query) (ids []string) {
		t.Helper()
		q.K = 3
		matches, err := c.Search(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range matches {
			if i := slices.IndexFunc(docs, func(d db.Document) bool { return d.ID == m.Document.ID }); m.Document.Title != docs[i].Title {
				t.Errorf("%s has the title %q", m.Document.ID, m.Document.Title)
			}
			ids = append(ids, m.Document.ID)
		}
		return ids
	}
	check := func() {
		t.Helper()
		for query, want := range map[string]string{"연차휴가": "vac", "규정": "vac", "출장비": "own", "인사": "vac", "복지": "vac", "점심": "none"} {
			if ids := found(db.Query{Text: query, Mode: db.Lexical, Fields: db.FieldsNone}); len(ids) != 1 || ids[0] != want {
				t.Errorf("%q finds %q, want %s", query, ids, want)
			}
		}
		if ids := found(db.Query{Text: "휴가는 며칠인가요?", Mode: db.Dense}); ids[0] != "vac" {
			t.Errorf("by meaning %q", ids)
		}
		for title, want := range map[string]string{"연차휴가 규정": "vac", "돈": "own"} {
			f, err := filter.Parse(`title = "` + title + `"`)
			if err != nil {
				t.Fatal(err)
			}
			if ids := found(db.Query{Text: "규정", Mode: db.Dense, Filter: f}); len(ids) != 1 || ids[0] != want {
				t.Errorf("title = %q selects %q, want %s", title, ids, want)
			}
		}
	}
	check()

	// The text alone is the same, so only a change of the title is embedded again.
	embedded := len(e.texts)
	if _, err := c.Upsert(ctx, docs...); err != nil || len(e.texts) != embedded {
		t.Errorf("unchanged documents: %v, %d texts embedded", err, len(e.texts)-embedded)
	}
	docs[1].Title = "출장비 정산"
	if _, err := c.Upsert(ctx, docs...); err != nil || len(e.texts) != embedded+1 || !strings.HasPrefix(e.texts[embedded], docs[1].Title) {
		t.Errorf("a new title: %v, embedded %q", err, e.texts[embedded:])
	}
	check()

	// From the snapshot, and without one.
	for _, snapshot := range []bool{true, false} {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if !snapshot {
			removeSnapshots(t, dir)
		}
		d = open(t, dir, nil)
		c = collection(t, d, "c", o)
		check()
	}
}

// removeSnapshots deletes everything derived, which is rebuilt from the store.
func removeSnapshots(t *testing.T, dir string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".snapshot") {
			found++
			err = os.Remove(path)
		}
		return err
	})
	if err != nil || found == 0 {
		t.Fatalf("%d snapshots: %v", found, err)
	}
}

func TestTitleLimits(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", nil)
	for _, title := range []string{strings.Repeat("x", 4<<10+1), "\xff"} {
		if err := c.Validate(db.Document{ID: "a", Text: "x", Title: title}); !errors.Is(err, db.ErrInvalidText) || !strings.Contains(err.Error(), "title") {
			t.Errorf("a title of %d bytes: %v", len(title), err)
		}
	}
}

// A long title is cut down to its innermost headings, so that a short text is not
// drowned, and what the text begins with is not said twice.
func TestTitleIsBudgeted(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	e := &told{Embedder: builtin.New()}
	c := collection(t, d, "c", &db.CollectionOptions{Embedder: e})
	long := strings.Repeat("Everything about everything ", 10) + chunk.TitleSeparator + "설치"
	for i, test := range []struct{ title, text, want string }{
		{"안내 > 설치", "내려받는다.", "안내 > 설치\n\n내려받는다."},
		{"안내 > 설치", "## 설치 ##\n\n내려받는다.", "안내\n\n## 설치 ##\n\n내려받는다."},
		{"설치", "# 설치\n내려받는다.", "# 설치\n내려받는다."},
		{long, "내려받는다.", "설치\n\n내려받는다."},
		{long, strings.Repeat("내려받는다. ", 100), long + "\n\n" + strings.Repeat("내려받는다. ", 100)},
	} {
		e.texts = nil
		if _, err := c.Upsert(t.Context(), db.Document{Title: test.title, Text: test.text}); err != nil {
			t.Fatal(err)
		}
		if e.texts[0] != test.want {
			t.Errorf("%d: embedded %.200q, want %.200q", i, e.texts[0], test.want)
		}
	}
}

// The lexical index has the words that a reader sees, as the embedder has.
func TestWordsThatAreSeen(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", nil)
	text := "[환불 규정](https://example.com/secret) ![화면](data:image/png;base64," + strings.Repeat("SDUdcPvaYOGODsYw", 100) + ")"
	if _, err := c.Upsert(t.Context(), db.Document{ID: "a", Text: text}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"환불": 1, "화면": 1, "secret": 0, "SDUdcPvaYOGODsYw": 0} {
		matches, err := c.Search(t.Context(), db.Query{Text: query, K: 1, Mode: db.Lexical})
		if err != nil || len(matches) != want {
			t.Errorf("%q: %v %v, want %d", query, matches, err, want)
		}
		if want > 0 && matches[0].Document.Text != text {
			t.Errorf("the text is %.100q", matches[0].Document.Text)
		}
	}
}

// small is a model that reads forty words.
type small struct{ *told }

func (small) CountTokens(text string) int { return len(strings.Fields(text)) }

func (s small) Spec() embedder.Spec {
	spec := s.told.Spec()
	spec.MaxTokens = 40
	return spec
}

// A model reads every chunk to its end, with as much of the title as there is space
// for.
func TestTitleFitsTheModel(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	e := small{&told{Embedder: builtin.New()}}
	c := collection(t, d, "c", &db.CollectionOptions{Embedder: e})
	doc := db.Document{ID: "guide", Text: "# 안내\n\n## 설치\n\n" + strings.Repeat("내려받아 경로에 둔다. ", 100)}
	if _, err := c.UpsertChunks(t.Context(), chunk.Options{Format: chunk.Markdown, Overlap: new(0)}, doc); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Upsert(t.Context(), db.Document{ID: "full", Title: "안내", Text: strings.TrimSpace(strings.Repeat("말 ", 40))}); err != nil {
		t.Fatal(err)
	}
	for i, text := range e.texts {
		last := i == len(e.texts)-1
		if n := e.CountTokens(text); n > 40 || strings.HasPrefix(text, "안내") == last && i > 0 {
			t.Errorf("embedded %d words: %.60q", n, text)
		}
	}
	if len(e.texts) < 5 {
		t.Errorf("%d texts", len(e.texts))
	}
}
