package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/philippgille/chromem-go"
)

// chromemGo is github.com/philippgille/chromem-go, persistent.
type chromemGo struct{ docs *chromem.Collection }

func (c *chromemGo) version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/philippgille/chromem-go" {
				return m.Version
			}
		}
	}
	return "unknown"
}

// settings are none: it compares every vector.
func (c *chromemGo) settings() []setting { return nil }

func (c *chromemGo) open(_ context.Context, dir string, _ bool) error {
	d, err := chromem.NewPersistentDB(dir, false)
	if err != nil {
		return err
	}
	none := func(context.Context, string) ([]float32, error) { return nil, errors.New("has vectors") }
	c.docs, err = d.GetOrCreateCollection("docs", nil, none)
	return err
}

func (c *chromemGo) count(context.Context) (int, error) { return c.docs.Count(), nil }

func (c *chromemGo) insert(ctx context.Context, docs []document) error {
	batch := make([]chromem.Document, len(docs))
	for i, d := range docs {
		batch[i] = chromem.Document{
			ID: d.id, Content: d.text, Embedding: d.vector,
			Metadata: map[string]string{"part": strconv.Itoa(part(d.row)), "shelf": shelf(d.row), "year": strconv.Itoa(year(d.row))},
		}
	}
	return c.docs.AddDocuments(ctx, batch, runtime.NumCPU())
}

func (c *chromemGo) search(ctx context.Context, vector []float32, _ setting, field string, value any) ([]string, error) {
	var where map[string]string
	if field != "" {
		where = map[string]string{field: fmt.Sprint(value)}
	}
	found, err := c.docs.QueryEmbedding(ctx, vector, k, where, nil)
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids, err
}

func (c *chromemGo) present(ctx context.Context, ids []string) (n int, err error) {
	for _, id := range ids {
		if _, err := c.docs.GetByID(ctx, id); err == nil {
			n++
		}
	}
	return n, nil
}

func (c *chromemGo) remove(ctx context.Context, ids []string) error {
	return c.docs.Delete(ctx, nil, nil, ids...)
}

func (c *chromemGo) upkeep(context.Context) error { return nil }

func (c *chromemGo) close() error { return nil }
