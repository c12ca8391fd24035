package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

func TestUpdate(t *testing.T) {
	t.Parallel()
	e := &counting{Fake: embeddertest.New(64, 1)}
	dir := t.TempDir()
	d := open(t, dir, &db.Options{Embedder: e})
	c := collection(t, d, "c", nil)
	for i := range 20 {
		doc := db.Document{
			ID: fmt.Sprint(i), Text: fmt.Sprintf("문서 번호 %d", i), Source: "old.md", Chunk: i,
			Metadata: db.Metadata{"n": i, "lang": "ko", "author.name": "김", "author.born": 1980, "keep": []string{"a"}},
		}
		if _, err := c.Insert(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
	}
	before, err := c.GetFields(t.Context(), db.FieldText|db.FieldMetadata|db.FieldEmbedding, "7")
	if err != nil {
		t.Fatal(err)
	}
	embedded := e.texts
	late := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	source := "new.md"
	if err := c.Update(t.Context(), "7", db.Patch{
		Metadata: db.Metadata{"lang": "en", "added": []int{1}, "n": nil, "author": map[string]any{"name": "이", "born": nil}}, Source: &source, Expires: &late,
	}); err != nil {
		t.Fatal(err)
	}
	want := before[0]
	want.Metadata = db.Metadata{"lang": "en", "added": []int64{1}, "author.name": "이", "keep": []string{"a"}}
	want.Source, want.Expires = "new.md", late
	check := func(c *db.Collection) {
		t.Helper()
		got, err := c.GetFields(t.Context(), db.FieldText|db.FieldMetadata|db.FieldEmbedding, "7")
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if !got[0].Created.After(before[0].Created) {
			t.Errorf("created %v, before %v", got[0].Created, before[0].Created)
		}
		got[0].Created = want.Created
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("got  %+v\nwant %+v", got[0], want)
		}
		for where, n := range map[string]int{
			`lang = "en"`: 1, `lang = "ko"`: 19, `added CONTAINS 1`: 1, `EXISTS n`: 19, `author.name = "이"`: 1, `EXISTS author.born`: 19,
			`_source = "new.md"`: 1, `_source = "old.md"`: 19, `_id = "7" AND lang = "en"`: 1,
		} {
			e, err := filter.Parse(where)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.Count(t.Context(), e); got != n || err != nil {
				t.Errorf("%s: %d, %v, want %d", where, got, err, n)
			}
		}
		found, err := c.Search(t.Context(), db.Query{Text: want.Text, K: 1, Filter: filter.Eq("lang", "en")})
		if err != nil || len(found) != 1 || found[0].Document.ID != "7" {
			t.Errorf("%v, %v", found, err)
		}
	}
	check(c)
	if e.texts != embedded {
		t.Errorf("%d texts were embedded", e.texts-embedded)
	}

	// An expiry can be taken back, null deletes an object, and what changes nothing is not written.
	never := time.Time{}
	if err := c.Update(t.Context(), "7", db.Patch{Metadata: db.Metadata{"author": nil}, Expires: &never}); err != nil {
		t.Fatal(err)
	}
	delete(want.Metadata, "author.name")
	want.Expires = time.Time{}
	docs, err := c.Get(t.Context(), "7")
	if err != nil || !reflect.DeepEqual(docs[0].Metadata, want.Metadata) || !docs[0].Expires.IsZero() {
		t.Errorf("%+v, %v", docs, err)
	}
	if err := c.Update(t.Context(), "7", db.Patch{Metadata: db.Metadata{"lang": "en", "none": nil}}); err != nil {
		t.Fatal(err)
	}
	again, err := c.Get(t.Context(), "7")
	if err != nil || !again[0].Created.Equal(docs[0].Created) {
		t.Errorf("an update that changes nothing was written: %v, %v", again, err)
	}

	// The text that was upserted with the same metadata is unchanged.
	if r, err := c.ReplaceSource(t.Context(), "new.md", db.Document{ID: "7", Text: want.Text, Chunk: 7, Metadata: want.Metadata}); err != nil || r.Unchanged != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, &db.Options{Embedder: e})
	c = collection(t, d, "c", nil)
	if n, err := c.Count(t.Context(), filter.Eq("lang", "en")); n != 1 || err != nil {
		t.Errorf("after reopening: %d, %v", n, err)
	}
}

func TestUpdateMany(t *testing.T) {
	t.Parallel()
	c := precomputed(t, open(t, t.TempDir(), nil), "c", 2)
	var docs []db.Document
	for i := range 2500 {
		docs = append(docs, db.Document{ID: fmt.Sprint(i), Embedding: []float32{3, float32(i % 9)}, Metadata: db.Metadata{"n": i, "state": "new"}})
	}
	if _, err := c.Insert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	patch := db.Patch{Metadata: db.Metadata{"state": "read"}}
	n, err := c.UpdateIDs(t.Context(), patch, "1", "2", "2", "x", "y")
	if n != 2 || !errors.Is(err, db.ErrNotFound) || !strings.Contains(err.Error(), `"x", "y"`) {
		t.Errorf("%d, %v", n, err)
	}
	count := func(want int, e filter.Expr) {
		t.Helper()
		if n, err := c.Count(t.Context(), e); n != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", e, n, err, want)
		}
	}
	count(2, filter.Eq("state", "read"))
	if n, err := c.UpdateWhere(t.Context(), filter.Eq("state", "new"), patch); n != 2498 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	count(2500, filter.Eq("state", "read"))
	if n, err := c.UpdateWhere(t.Context(), filter.In("_id", "5", "6", "none"), db.Patch{Metadata: db.Metadata{"state": nil}}); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	count(2, filter.Not(filter.Exists("state")))
	// Nothing has died: the graph has the nodes that it had.
	if s, err := c.Stats(); err != nil || s.Dead != 0 || s.Documents != 2500 {
		t.Errorf("%+v, %v", s, err)
	}
	// So it is with an upsert of the same text or embedding and other metadata.
	for i := range docs {
		docs[i].Metadata = db.Metadata{"n": i, "state": "upserted"}
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	count(2500, filter.Eq("state", "upserted"))
	if s, err := c.Stats(); err != nil || s.Dead != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	docs[3].Embedding = []float32{-1, 2}
	if _, err := c.Upsert(t.Context(), docs[3]); err != nil {
		t.Fatal(err)
	}
	if found, err := c.Search(t.Context(), db.Query{Embedding: []float32{-1, 2}, K: 1}); err != nil || found[0].Document.ID != "3" || found[0].Score < 0.99 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestBadUpdates(t *testing.T) {
	t.Parallel()
	c := precomputed(t, open(t, t.TempDir(), &db.Options{Limits: db.Limits{MetadataFields: 3}}), "c", 2)
	for _, id := range []string{"a", "c"} {
		if _, err := c.Insert(t.Context(), db.Document{ID: id, Embedding: []float32{1, 1}, Metadata: db.Metadata{"x": 1, "y": 2}}); err != nil {
			t.Fatal(err)
		}
	}
	bad := "a\nb"
	year := time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, u := range map[string]struct {
		id    string
		patch db.Patch
		err   error
	}{
		"nothing":     {"a", db.Patch{}, db.ErrInvalidMetadata},
		"type":        {"a", db.Patch{Metadata: db.Metadata{"z": struct{}{}}}, db.ErrInvalidMetadata},
		"fields":      {"a", db.Patch{Metadata: db.Metadata{"z": 1, "w": 2}}, db.ErrInvalidMetadata},
		"source":      {"a", db.Patch{Source: &bad}, db.ErrInvalidMetadata},
		"year":        {"a", db.Patch{Expires: &year}, db.ErrInvalidMetadata},
		"none":        {"b", db.Patch{Metadata: db.Metadata{"z": 1}}, db.ErrNotFound},
		"id":          {"", db.Patch{Metadata: db.Metadata{"z": 1}}, db.ErrInvalidID},
		"two for two": {"c", db.Patch{Metadata: db.Metadata{"z": 1, "w": 2, "x": nil, "y": nil}}, nil},
	} {
		if err := c.Update(t.Context(), u.id, u.patch); !errors.Is(err, u.err) || u.err == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, u.err)
		}
	}
	if _, err := c.UpdateWhere(t.Context(), filter.Eq("x", nil), db.Patch{Metadata: db.Metadata{"z": 1}}); !errors.Is(err, db.ErrInvalidFilter) {
		t.Error(err)
	}
}

// TestUpdatesAndUpserts: counters that are updated while texts are upserted lose no
// update, and no update brings an old text back.
func TestUpdatesAndUpserts(t *testing.T) {
	t.Parallel()
	const writers, rounds = 4, 40
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	docs := func(v int) []db.Document {
		return []db.Document{{ID: "a", Text: fmt.Sprintf("text %d", v), Metadata: db.Metadata{"v": v}}, {ID: "b", Text: fmt.Sprintf("text %d", v), Metadata: db.Metadata{"v": v}}}
	}
	if _, err := c.Upsert(t.Context(), docs(0)...); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				if w == 0 {
					if _, err := c.Upsert(t.Context(), docs(i+1)...); err != nil {
						t.Error(err)
					}
					continue
				}
				if _, err := c.UpdateIDs(t.Context(), db.Patch{Metadata: db.Metadata{fmt.Sprint("w", w): i}}, "a", "b"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := c.Get(t.Context(), "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got {
		if d.Text != fmt.Sprintf("text %d", rounds) || d.Metadata["v"] != int64(rounds) {
			t.Errorf("%+v", d)
		}
	}
	if !reflect.DeepEqual(got[0].Metadata, got[1].Metadata) {
		t.Errorf("%v, %v", got[0].Metadata, got[1].Metadata)
	}
}

// TestUpdatesAreWhole: a document moves its mark to another in one update of both. No
// count, search or scan sees two marks, or none.
func TestUpdatesAreWhole(t *testing.T) {
	t.Parallel()
	c := precomputed(t, open(t, t.TempDir(), nil), "c", 2)
	const docs = 8
	doc := func(i int, marked bool) db.Document {
		return db.Document{ID: fmt.Sprint(i), Embedding: []float32{1, float32(i)}, Source: fmt.Sprint(i), Metadata: db.Metadata{"marked": marked, "n": i}}
	}
	for i := range docs {
		if _, err := c.Insert(t.Context(), doc(i, i == 0)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		defer stop()
		start := time.Now()
		for moves := 0; moves < 10 || time.Since(start) < 1500*time.Millisecond; moves++ {
			if _, err := c.Upsert(t.Context(), doc(moves%docs, false), doc((moves+1)%docs, true)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	e := filter.Eq("marked", true)
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if n, err := c.Count(t.Context(), e); n != 1 || err != nil {
					t.Errorf("count %d, %v", n, err)
					return
				}
				found, err := c.Search(t.Context(), db.Query{Embedding: []float32{1, 1}, K: docs, Filter: e})
				if err != nil || len(found) != 1 || found[0].Document.Metadata["marked"] != true {
					t.Errorf("search %v, %v", found, err)
					return
				}
				n := 0
				for d, err := range c.Scan(t.Context(), db.Scan{Filter: e}) {
					if n++; err != nil || d.Metadata["marked"] != true {
						t.Errorf("scan %v, %v", d, err)
					}
				}
				if n != 1 {
					t.Errorf("a scan finds %d", n)
					return
				}
			}
		})
	}
	wg.Wait()
	if s, err := c.Stats(); err != nil || s.Dead != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestUpdateReplay: a copy of the database as it is while open has a snapshot from before
// the updates, and the change log brings them back.
func TestUpdateReplay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := precomputed(t, d, "c", 2)
	for i := range 10 {
		if _, err := c.Insert(t.Context(), db.Document{ID: fmt.Sprint(i), Embedding: []float32{1, float32(i)}, Metadata: db.Metadata{"n": i}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil { // writes the snapshot
		t.Fatal(err)
	}
	d = open(t, dir, nil)
	c = precomputed(t, d, "c", 2)
	source := "s"
	if err := c.Update(t.Context(), "3", db.Patch{Metadata: db.Metadata{"n": 300, "new": true}, Source: &source}); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), "4", db.Patch{Metadata: db.Metadata{"n": nil}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete(t.Context(), "4"); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(copied + "/LOCK")
	again := precomputed(t, open(t, copied, nil), "c", 2)
	for where, want := range map[string]int{`n = 300 AND new = TRUE AND _source = "s"`: 1, `n = 3`: 0, `EXISTS n`: 9, `TRUE`: 9} {
		e, err := filter.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := again.Count(t.Context(), e); n != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", where, n, err, want)
		}
	}
}

// TestUpdateBackup: an incremental backup has the documents that were updated since its
// base, and a change of the model carries updates over.
func TestUpdateBackup(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := collection(t, d, "c", nil)
	for i := range 20 {
		if _, err := c.Insert(t.Context(), db.Document{ID: fmt.Sprint(i), Text: fmt.Sprintf("text %d", i), Metadata: db.Metadata{"state": "new"}}); err != nil {
			t.Fatal(err)
		}
	}
	var base, more bytes.Buffer
	info, err := d.Backup(t.Context(), &base, nil)
	if err != nil {
		t.Fatal(err)
	}
	patch := db.Patch{Metadata: db.Metadata{"state": "read"}}
	if _, err := c.UpdateIDs(t.Context(), patch, "3", "4"); err != nil {
		t.Fatal(err)
	}
	second, err := d.Backup(t.Context(), &more, &db.BackupOptions{Base: &info})
	if err != nil || second.Documents != 2 {
		t.Fatalf("%+v, %v", second, err)
	}
	read := filter.Eq("state", "read")
	dir := filepath.Join(t.TempDir(), "restored")
	if _, err := db.Restore(t.Context(), dir, nil, &base, &more); err != nil {
		t.Fatal(err)
	}
	if n, err := collection(t, open(t, dir, nil), "c", nil).Count(t.Context(), read); n != 2 || err != nil {
		t.Errorf("restored: %d, %v", n, err)
	}

	other := embeddertest.New(64, 2)
	if _, err := c.Reembed(t.Context(), other, &db.ReembedOptions{NoSwitch: true, Sample: -1}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateIDs(t.Context(), patch, "5"); err != nil {
		t.Fatal(err)
	}
	r, err := c.Reembed(t.Context(), other, &db.ReembedOptions{Sample: -1})
	if err != nil || !r.Switched || r.Embedded != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if n, err := c.Count(t.Context(), read); n != 3 || err != nil {
		t.Errorf("with another model: %d, %v", n, err)
	}
	if n, err := c.UpdateWhere(t.Context(), read, db.Patch{Metadata: db.Metadata{"state": "old"}}); n != 3 || err != nil {
		t.Errorf("with another model: %d, %v", n, err)
	}
}
