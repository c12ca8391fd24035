package db_test

import (
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// The words of tags are found as soon as a document has them, and no longer than that,
// whatever changed them.
func TestTagsChange(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := collection(t, open(t, t.TempDir(), nil), "notes", nil)
	doc := db.Document{ID: "a", Text: "서울의 봄", Metadata: db.Metadata{"tags": []string{"하나"}}}
	found := func(what, word string, want int) {
		t.Helper()
		m, err := c.Search(ctx, db.Query{Text: word, K: 5, Mode: db.Lexical})
		if err != nil || len(m) != want {
			t.Errorf("%s: %d results for %q, want %d, %v", what, len(m), word, want, err)
		}
	}
	if _, err := c.Insert(ctx, doc); err != nil {
		t.Fatal(err)
	}
	found("insert", "하나", 1)
	if err := c.Update(ctx, "a", db.Patch{Metadata: db.Metadata{"tags": "둘째"}}); err != nil {
		t.Fatal(err)
	}
	found("update", "하나", 0)
	found("update", "둘째", 1)
	doc.Metadata = db.Metadata{"tags": "셋째", "other": 1}
	if _, err := c.Upsert(ctx, doc); err != nil {
		t.Fatal(err)
	}
	found("upsert", "둘째", 0)
	found("upsert", "셋째", 1)
	if _, err := c.UpdateWhere(ctx, filter.All(), db.Patch{Metadata: db.Metadata{"tags": nil}}); err != nil {
		t.Fatal(err)
	}
	found("update where", "셋째", 0)
}
