package importer

import (
	"testing"

	"github.com/fronyai/frony-db/db"
)

// Others may write to a collection that was empty when the import began. Their
// documents are replaced, as in a collection that was not empty.
func TestImportBesideOthers(t *testing.T) {
	d, err := db.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "c", &db.CollectionOptions{Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	doc := func(id, text string) db.Document {
		return db.Document{ID: id, Text: text, Embedding: []float32{1, 0}}
	}
	im := newImporter(Options{})
	im.col = c
	if !im.allNew() {
		t.Fatal("the collection is empty")
	}
	if _, err := c.Insert(t.Context(), doc("b", "of another")); err != nil {
		t.Fatal(err)
	}
	if err := im.upsert(t.Context(), []db.Document{doc("a", "imported"), doc("b", "imported")}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Get(t.Context(), "a", "b")
	if err != nil || len(got) != 2 || got[0].Text != "imported" || got[1].Text != "imported" {
		t.Error(got, err)
	}
}
