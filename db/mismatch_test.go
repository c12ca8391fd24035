package db_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// A collection of another model is refused, or with AllowModelMismatch used without a
// model: what would mix the two is refused, everything else goes on.
func TestAllowModelMismatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	was, is := embeddertest.New(32, 1), embeddertest.New(32, 2)
	d, err := db.Open(dir, &db.Options{Embedder: was})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Collection(t.Context(), "old", nil)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, c, 40)
	vec, err := was.EmbedQuery(t.Context(), fillText(7))
	if err != nil {
		t.Fatal(err)
	}
	ids := func(ms []db.Match) (ids []string) {
		for _, m := range ms {
			ids = append(ids, m.Document.ID)
		}
		return ids
	}
	search := func(c *db.Collection, q db.Query) []string {
		t.Helper()
		ms, err := c.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		return ids(ms)
	}
	byWords := search(c, db.Query{Text: fillText(7), K: 5, Mode: db.Lexical})
	byVector := search(c, db.Query{Embedding: vec, K: 5})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	d, err = db.Open(dir, &db.Options{Embedder: is})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Collection(t.Context(), "old", nil); !errors.Is(err, db.ErrModelMismatch) {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	d, err = db.Open(dir, &db.Options{Embedder: is, AllowModelMismatch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	degraded := func() (s string) {
		for info, err := range d.Collections(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			s += info.Degraded
		}
		return s
	}
	if s := degraded(); !strings.Contains(s, "reembed") {
		t.Error(s)
	}
	if c, err = d.Collection(t.Context(), "old", nil); err != nil {
		t.Fatal(err)
	}
	if got := search(c, db.Query{Embedding: vec, K: 5}); !slices.Equal(got, byVector) {
		t.Errorf("by vector %v, want %v", got, byVector)
	}
	var trace db.Trace
	for _, mode := range []db.Mode{db.ModeDefault, db.Hybrid, db.Lexical} {
		if got := search(c, db.Query{Text: fillText(7), K: 5, Mode: mode, Trace: &trace}); !slices.Equal(got, byWords) || trace.Mode != db.Lexical || (len(trace.Warnings) == 1) != (mode != db.Lexical) {
			t.Errorf("%v: %v as %v, want %v, with the warnings %q", mode, got, trace.Mode, byWords, trace.Warnings)
		}
	}
	low := float32(0.1)
	for _, q := range []db.Query{
		{Text: "x", K: 1, Mode: db.Dense}, {Text: "x", K: 1, MinScore: &low}, {Text: "x", K: 1, MinCosine: &low},
	} {
		if ms, err := c.Search(t.Context(), q); !errors.Is(err, db.ErrModelMismatch) {
			t.Errorf("%+v: %v, %v", q, ms, err)
		}
	}
	for _, doc := range []db.Document{
		{ID: "new", Text: "새로 쓴 문서"}, {ID: "d3", Text: "다른 본문"}, {ID: "new", Text: "x", Embedding: vec}, {ID: "new", Embedding: vec},
	} {
		if _, err := c.Upsert(t.Context(), doc); !errors.Is(err, db.ErrModelMismatch) {
			t.Errorf("%+v: %v", doc, err)
		}
	}
	if _, err := c.Upsert(t.Context(), db.Document{ID: "d3", Text: fillText(3), Metadata: db.Metadata{"n": 300}}); err != nil {
		t.Error(err)
	}
	if n, err := c.Delete(t.Context(), "d4"); n != 1 || err != nil {
		t.Error(n, err)
	}
	if _, err := d.Compact(t.Context()); err != nil {
		t.Error(err)
	}
	r, err := c.Reembed(t.Context(), is, nil)
	if err != nil || !r.Switched || r.Embedded != 39 {
		t.Errorf("%+v %v", r, err)
	}
	if s := degraded(); s != "" {
		t.Error(s)
	}
	search(c, db.Query{Text: fillText(7), K: 5, Mode: db.Hybrid, Trace: &trace})
	if trace.Mode != db.Hybrid {
		t.Error(trace.Mode)
	}
	if _, err := c.Upsert(t.Context(), db.Document{ID: "new", Text: "새로 쓴 문서"}); err != nil {
		t.Error(err)
	}
}
