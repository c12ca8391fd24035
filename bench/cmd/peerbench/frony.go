package main

import (
	"context"
	"errors"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// frony is this project's database, with default options.
type frony struct {
	db   *db.DB
	docs *db.Collection
}

// version is known to who started this process.
func (f *frony) version() string { return "" }

func (f *frony) settings() []setting {
	var s []setting
	for _, recall := range []float64{0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999} { // default 0.99
		s = append(s, setting{"recall": recall})
	}
	return s
}

func (f *frony) open(ctx context.Context, dir string, _ bool) (err error) {
	if f.db, err = db.Open(dir, nil); err != nil {
		return err
	}
	f.docs, err = f.db.Collection(ctx, "docs", &db.CollectionOptions{Dims: dims})
	return err
}

func (f *frony) count(ctx context.Context) (int, error) { return f.docs.Count(ctx, filter.Expr{}) }

func (f *frony) insert(ctx context.Context, docs []document) error {
	batch := make([]db.Document, len(docs))
	for i, d := range docs {
		batch[i] = db.Document{
			ID: d.id, Text: d.text, Embedding: d.vector,
			Metadata: db.Metadata{"part": part(d.row), "shelf": shelf(d.row), "year": year(d.row)},
		}
	}
	_, err := f.docs.Insert(ctx, batch...)
	return err
}

func (f *frony) search(ctx context.Context, vector []float32, s setting, field string, value any) ([]string, error) {
	q := db.Query{Embedding: vector, K: k, Recall: float32(s["recall"])}
	if field != "" {
		q.Filter = filter.Eq(field, value)
	}
	matches, err := f.docs.Search(ctx, q)
	ids := make([]string, len(matches))
	for i, m := range matches {
		ids[i] = m.Document.ID
	}
	return ids, err
}

func (f *frony) present(ctx context.Context, ids []string) (int, error) {
	docs, err := f.docs.Get(ctx, ids...)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return len(docs), err
}

func (f *frony) remove(ctx context.Context, ids []string) error {
	_, err := f.docs.Delete(ctx, ids...)
	return err
}

func (f *frony) upkeep(ctx context.Context) error {
	_, err := f.db.Compact(ctx)
	return err
}

func (f *frony) close() error { return f.db.Close() }
