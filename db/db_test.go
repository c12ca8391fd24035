package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// open opens a database in dir with the fake embedder. It is closed when the test ends.
func open(t testing.TB, dir string, opts *db.Options) *db.DB {
	t.Helper()
	if opts == nil {
		opts = &db.Options{Embedder: embeddertest.New(384, 1)}
	}
	d, err := db.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !errors.Is(err, db.ErrClosed) {
			t.Error(err)
		}
	})
	return d
}

func collection(t testing.TB, d *db.DB, name string, opts *db.CollectionOptions) *db.Collection {
	t.Helper()
	c, err := d.Collection(context.Background(), name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	d := open(t, dir, nil)
	c := collection(t, d, "notes", nil)
	docs := []db.Document{
		{ID: "seoul", Text: "서울의 봄은 짧다", Metadata: db.Metadata{"lang": "ko", "year": 2024}},
		{ID: "busan", Text: "부산의 바다는 넓다", Metadata: db.Metadata{"lang": "ko", "year": 2020}},
		{ID: "spring", Text: "Spring in Seoul is short", Metadata: db.Metadata{"lang": "en", "year": 2024, "tags": []string{"season"}}},
	}
	ids, err := c.Insert(ctx, docs...)
	if err != nil || len(ids) != 3 || ids[0] != "seoul" {
		t.Fatal(ids, err)
	}
	check := func(c *db.Collection) {
		t.Helper()
		got, err := c.Get(ctx, "spring", "busan")
		if err != nil || len(got) != 2 || got[0].Text != docs[2].Text || got[1].Metadata["year"] != int64(2020) {
			t.Errorf("get: %v, %v", got, err)
		}
		for _, exact := range []bool{false, true} {
			m, err := c.Search(ctx, db.Query{Text: "서울의 봄은 짧다", K: 2, Exact: exact, Mode: db.Dense})
			if err != nil || len(m) != 2 || m[0].Document.ID != "seoul" || m[0].Score < 0.5 {
				t.Errorf("search, exact %v: %v, %v", exact, m, err)
			}
		}
		m, err := c.Search(ctx, db.Query{Text: "서울의 봄은 짧다", K: 5, Filter: filter.Contains("tags", "season")})
		if err != nil || len(m) != 1 || m[0].Document.ID != "spring" {
			t.Errorf("filtered search: %v, %v", m, err)
		}
		if n, err := c.Count(ctx, filter.Ge("year", 2024)); n != 2 || err != nil {
			t.Errorf("count: %d, %v", n, err)
		}
		var scanned []string
		for doc, err := range c.Scan(ctx, db.Scan{After: "busan"}) {
			if err != nil {
				t.Fatal(err)
			}
			scanned = append(scanned, doc.ID)
		}
		if len(scanned) != 2 || scanned[0] != "seoul" || scanned[1] != "spring" {
			t.Errorf("scan: %v", scanned)
		}
	}
	check(c)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, nil)
	c = collection(t, d, "notes", &db.CollectionOptions{MustExist: true})
	check(c)
	if n, err := c.Delete(ctx, "seoul", "nobody"); n != 1 || err != nil {
		t.Errorf("delete: %d, %v", n, err)
	}
	if _, err := c.Get(ctx, "seoul"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("get of a deleted document: %v", err)
	}
	if n, err := c.DeleteWhere(ctx, filter.Eq("lang", "en")); n != 1 || err != nil {
		t.Errorf("delete where: %d, %v", n, err)
	}
	m, err := c.Search(ctx, db.Query{Text: "서울의 봄은 짧다", K: 5})
	if err != nil || len(m) != 1 || m[0].Document.ID != "busan" {
		t.Errorf("search after deletes: %v, %v", m, err)
	}
}
