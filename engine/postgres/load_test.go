package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine/enginetest"
	"github.com/fronyai/frony-db/engine/postgres"
)

// indexes are how many large indexes there are.
func indexes(t *testing.T, url string) (n int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }() // only read from
	err = c.QueryRow(t.Context(), `SELECT count(*) FROM pg_indexes WHERE schemaname = 'frony' AND indexdef ~ 'USING (gin|hnsw)'`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A collection is loaded without its indexes, and has them in the end, whatever happened.
func TestLoad(t *testing.T) {
	ctx := t.Context()
	url := database(t)
	d := enginetest.Open(t, url, &db.Options{Embedder: embeddertest.New(64, 1)}).(*postgres.DB)
	c, err := d.Collection(ctx, "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	docs := enginetest.Documents(400, 1)
	stopped := errors.New("stopped")
	look := func(when string, want, documents int) {
		t.Helper()
		if n := indexes(t, url); n != want {
			t.Errorf("%s: %d indexes, want %d", when, n, want)
		}
		n, err := c.Count(ctx, filter.All())
		if n != documents || err != nil {
			t.Errorf("%s: %d documents, want %d, %v", when, n, documents, err)
		}
		for _, mode := range []db.Mode{db.Dense, db.Lexical} {
			m, err := c.Search(ctx, db.Query{Text: docs[0].Text, K: 1, Mode: mode})
			if err != nil || documents > 0 && len(m) != 1 {
				t.Errorf("%s: %v finds %v, %v", when, mode, m, err)
			}
		}
	}
	const all = 3
	look("new", all, 0)
	err = d.Load(ctx, "notes", func() error {
		if _, err := c.Upsert(ctx, docs[:200]...); err != nil {
			return err
		}
		look("while it is loaded", 0, 200)
		if err := postgres.FinishLoads(d, ctx); err != nil { // as another process would
			t.Error(err)
		}
		look("while another looks", 0, 200)
		return stopped
	})
	if !errors.Is(err, stopped) {
		t.Fatal(err)
	}
	look("given up", 0, 200)
	if err := d.Load(ctx, "notes", func() error { _, err := c.Upsert(ctx, docs[:300]...); return err }); err != nil {
		t.Fatal(err)
	}
	look("loaded", all, 300)
	if err := d.Load(ctx, "notes", func() error { _, err := c.Upsert(ctx, docs...); look("more", all, 400); return err }); err != nil {
		t.Fatal(err)
	}
	m, err := c.Search(ctx, db.Query{Text: docs[7].Text, K: 10, Mode: db.Dense, Trace: new(db.Trace)})
	if err != nil || !slices.ContainsFunc(m, func(m db.Match) bool { return m.Document.ID == docs[7].ID }) {
		t.Errorf("%v, %v", m, err)
	}
	// Given up, and finished in the background.
	if _, err := c.DeleteWhere(ctx, filter.All()); err != nil {
		t.Fatal(err)
	}
	if err := d.Load(ctx, "notes", func() error { return stopped }); !errors.Is(err, stopped) {
		t.Fatal(err)
	}
	look("given up again", 0, 0)
	if err := postgres.FinishLoads(d, ctx); err != nil {
		t.Fatal(err)
	}
	look("finished", all, 0)
	if err := d.Load(ctx, "nothing", func() error { return nil }); !errors.Is(err, db.ErrNoCollection) {
		t.Error(err)
	}
}
