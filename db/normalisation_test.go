package db_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
)

// One name in three forms of Unicode: composed, decomposed, and composed in parts.
var forms = []string{"보고서", "\u1107\u1169\u1100\u1169\u1109\u1165", "보\u1100\u1169서"}

// TestNormalisation: whatever form a document was stored in, every form finds it, and
// means it in a write.
func TestNormalisation(t *testing.T) {
	t.Parallel()
	for _, stored := range forms {
		for i, asked := range forms {
			begin := []string{"보고", "\u1107\u1169\u1100\u1169", "보\u1100\u1169"}[i]
			c := precomputed(t, open(t, t.TempDir(), nil), stored, 2)
			doc := func(id string, n int) db.Document {
				return db.Document{ID: id, Embedding: []float32{1, 1}, Source: stored + ".md", Metadata: db.Metadata{stored: stored, "n": n}}
			}
			if _, err := c.Insert(t.Context(), doc(stored, 1), doc("other", 1)); err != nil {
				t.Fatal(err)
			}
			count := func(want int, e filter.Expr) {
				t.Helper()
				if n, err := c.Count(t.Context(), e); n != want || err != nil {
					t.Errorf("stored as %+q: %s finds %d, %v, want %d", stored, e, n, err, want)
				}
			}
			holds := func(id string, n int64) {
				t.Helper()
				docs, err := c.Get(t.Context(), asked)
				if err != nil || len(docs) != 1 || docs[0].ID != id || docs[0].Metadata["n"] != n {
					t.Errorf("stored as %+q, asked as %+q: %v, %v, want %+q", stored, asked, docs, err, id)
				}
			}
			holds(stored, 1)
			count(1, filter.Eq("_id", asked))
			count(1, filter.Ne("_id", asked))
			count(1, filter.StartsWith("_id", begin))
			count(1, filter.Like("_id", "%"+asked))
			count(2, filter.Eq(asked, asked))
			count(2, filter.In(asked, asked, 1))
			count(2, filter.Eq("_source", asked+".md"))
			if _, err := c.Insert(t.Context(), doc(asked, 2)); !errors.Is(err, db.ErrExists) {
				t.Errorf("stored as %+q, inserted as %+q: %v", stored, asked, err)
			}
			if _, err := c.InsertChunks(t.Context(), chunk.Options{}, doc(asked+".md", 2)); !errors.Is(err, db.ErrExists) {
				t.Errorf("source %+q, inserted as %+q: %v", stored, asked, err)
			}
			if _, err := c.Upsert(t.Context(), doc(asked, 3)); err != nil {
				t.Fatal(err)
			}
			holds(asked, 3)
			count(2, filter.All())
			if r, err := c.ReplaceSource(t.Context(), asked+".md", doc(stored, 4)); err != nil || r.Written != 1 || r.Deleted > 1 {
				t.Errorf("%+v, %v", r, err)
			}
			holds(stored, 4)
			count(1, filter.All())
			if r, err := c.ReplaceSource(t.Context(), asked+".md", doc(asked, 4)); err != nil || r.Deleted != 0 {
				t.Errorf("%+v, %v", r, err)
			}
			count(1, filter.All())
			if n, err := c.Delete(t.Context(), asked, stored); n != 1 || err != nil {
				t.Errorf("deleted %d, %v", n, err)
			}
			count(0, filter.All())
		}
	}
}

// A collection is found by every form of its name.
func TestCollectionNameForms(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), nil)
	c := precomputed(t, d, forms[1], 2)
	for _, name := range forms {
		got, err := d.Collection(t.Context(), name, &db.CollectionOptions{MustExist: true})
		if err != nil || got != c || got.Name() != forms[1] {
			t.Errorf("%+q: %v", name, err)
		}
	}
	var names []string
	for info, err := range d.Collections(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	if !slices.Equal(names, forms[1:2]) {
		t.Errorf("%+q", names)
	}
	if err := d.Drop(t.Context(), forms[2]); err != nil {
		t.Error(err)
	}
}
