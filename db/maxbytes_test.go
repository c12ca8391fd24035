package db_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
)

// TestMaxBytes asks for more than fits, by its texts, its metadata, and its embeddings.
func TestMaxBytes(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{})
	c, err := d.Collection(t.Context(), "notes", &db.CollectionOptions{Dims: 64, HeadDims: 32, Precomputed: true})
	if err != nil {
		t.Fatal(err)
	}
	var docs []db.Document
	for i := range 20 {
		v := make([]float32, 64)
		v[i] = 1
		docs = append(docs, db.Document{
			ID: fmt.Sprint(i), Text: "word " + strings.Repeat("t", 2000), Embedding: v,
			Metadata: map[string]any{"long": strings.Repeat("m", 500), "list": []string{strings.Repeat("l", 500)}},
		})
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		k     int
		most  int64
		query db.Query
		fits  bool
	}{
		{"no limit", 20, 0, db.Query{}, true},
		{"texts that fit", 20, 80_000, db.Query{}, true},
		{"texts", 20, 40_000, db.Query{}, false},
		{"fewer texts", 10, 40_000, db.Query{}, true},
		{"metadata", 20, 20_000, db.Query{Fields: db.FieldMetadata}, false},
		{"embeddings", 20, 8000, db.Query{Fields: db.FieldEmbedding}, false},
		{"ids", 20, 8000, db.Query{Fields: db.FieldsNone}, true},
		{"texts for snippets", 20, 20_000, db.Query{Fields: db.FieldsNone, Snippet: 10}, false},
	} {
		q := test.query
		q.Text, q.Mode, q.K, q.MaxBytes = "word", db.Lexical, test.k, test.most
		got, err := c.Search(t.Context(), q)
		switch {
		case test.fits && (err != nil || len(got) != test.k):
			t.Errorf("%s: %d results, %v", test.name, len(got), err)
		case !test.fits && (!errors.Is(err, db.ErrResultsTooLarge) || got != nil):
			t.Errorf("%s: %d results, %v", test.name, len(got), err)
		}
	}
	// Results of several questions or collections have one limit for all of them.
	twin, err := d.Collection(t.Context(), "twin", &db.CollectionOptions{Dims: 64, HeadDims: 32, Precomputed: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := twin.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for most, fits := range map[int64]bool{0: true, 160_000: true, 80_000: false} {
		_, err := db.SearchAll(t.Context(), db.Query{Text: "word", Mode: db.Lexical, K: 40, MaxBytes: most}, c, twin)
		if fits && err != nil || !fits && !errors.Is(err, db.ErrResultsTooLarge) {
			t.Errorf("two collections, at most %d bytes: %v", most, err)
		}
		_, err = c.Search(t.Context(), db.Query{Queries: []db.Question{{Text: "word"}}, Mode: db.Lexical, K: 20, MaxBytes: most / 2})
		if fits && err != nil || !fits && !errors.Is(err, db.ErrResultsTooLarge) {
			t.Errorf("a list of questions, at most %d bytes: %v", most/2, err)
		}
	}
	if _, err := c.Search(t.Context(), db.Query{Text: "word", Mode: db.Lexical, K: 1, MaxBytes: -1}); !errors.Is(err, db.ErrInvalidQuery) {
		t.Errorf("a negative limit: %v", err)
	}
}
