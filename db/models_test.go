package db_test

import (
	"errors"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// TestSeveralModels has collections of several models in one database. Doctor needs
// none of the models, and a collection opened after it gets its own.
func TestSeveralModels(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	one, two := embeddertest.New(16, 1), embeddertest.New(16, 2)
	d := open(t, dir, &db.Options{Embedder: one})
	for name, o := range map[string]*db.CollectionOptions{
		"one": nil, "two": {Embedder: two},
	} {
		if _, err := collection(t, d, name, o).Upsert(ctx, db.Document{ID: "1", Text: "서울의 봄"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, &db.Options{Embedder: one})
	if r, err := d.Doctor(ctx, nil); err != nil || !r.OK() || len(r.Collections) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := d.Collection(ctx, "two", nil); !errors.Is(err, db.ErrModelMismatch) {
		t.Errorf("a collection of another model, open already: %v", err)
	}
	for name, o := range map[string]*db.CollectionOptions{"one": nil, "two": {Embedder: two}} {
		m, err := collection(t, d, name, o).Search(ctx, db.Query{Text: "서울의 봄", K: 1, Mode: db.Dense})
		if err != nil || len(m) != 1 {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

// TestModelComesLater: a collection opened without a model takes the model of the
// next opening.
func TestModelComesLater(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	model := embeddertest.New(16, 1)
	d := open(t, dir, &db.Options{})
	if _, err := collection(t, d, "c", &db.CollectionOptions{Embedder: model}).Upsert(ctx, db.Document{ID: "1", Text: "봄"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, &db.Options{})
	bare := collection(t, d, "c", nil)
	if _, err := bare.Search(ctx, db.Query{Text: "봄", K: 1}); !errors.Is(err, db.ErrNoEmbedder) {
		t.Errorf("without an embedder: %v", err)
	}
	c := collection(t, d, "c", &db.CollectionOptions{Embedder: model})
	if m, err := c.Search(ctx, db.Query{Text: "봄", K: 1}); err != nil || len(m) != 1 {
		t.Errorf("with one: %v, %v", m, err)
	}
}
