package fronydb_test

import (
	"context"
	"maps"
	"testing"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/vectorstores"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/integrations/internal/opened"
	fronydb "github.com/fronyai/frony-db/integrations/langchaingo"
	"github.com/fronyai/frony-db/integrations/store"
	"github.com/fronyai/frony-db/integrations/storetest"
)

// tested is a store as storetest wants it.
type tested struct{ *fronydb.Store }

func (t tested) Add(ctx context.Context, namespace string, docs []storetest.Document) ([]string, error) {
	in := make([]schema.Document, len(docs))
	for i, d := range docs {
		in[i] = schema.Document{PageContent: d.Text, Metadata: d.Metadata}
		if d.ID != "" {
			in[i].Metadata = map[string]any{"id": d.ID}
			maps.Copy(in[i].Metadata, d.Metadata)
		}
	}
	return t.AddDocuments(ctx, in, vectorstores.WithNameSpace(namespace))
}

func (t tested) Search(ctx context.Context, s storetest.Search) ([]storetest.Document, error) {
	options := []vectorstores.Option{vectorstores.WithNameSpace(s.Namespace), vectorstores.WithFilters(s.Filter)}
	if s.Threshold != nil {
		options = append(options, vectorstores.WithScoreThreshold(float32(*s.Threshold)))
	}
	found, err := t.SimilaritySearch(ctx, s.Query, s.K, options...)
	out := make([]storetest.Document, len(found))
	for i, d := range found {
		id, _ := d.Metadata["id"].(string)
		out[i] = storetest.Document{ID: id, Text: d.PageContent, Metadata: d.Metadata, Score: float64(d.Score)}
	}
	return out, err
}

func (t tested) Delete(ctx context.Context, namespace string, ids []string) error {
	return t.Store.Delete(ctx, ids, vectorstores.WithNameSpace(namespace))
}

// run runs the conformance tests on what open opens.
func run[S store.Source](t *testing.T, open func(*testing.T) S, e embeddings.Embedder) {
	storetest.Run(t, storetest.Suite{
		Open: func(t *testing.T) storetest.Store {
			s, err := fronydb.New(open(t), &fronydb.Options{Collection: "notes", Embedder: e})
			if err != nil {
				t.Fatal(err)
			}
			return tested{s}
		},
		Filters: map[string]any{
			"expr":   filter.And(filter.Eq("lang", "ko"), filter.Ge("year", 2024)),
			"string": `lang = "ko" AND year >= 2024`,
			"map":    map[string]any{"lang": "ko", "year": map[string]any{"$gte": 2024}},
		},
		Refused: map[string]any{"string": "lang =", "operator": map[string]any{"lang": map[string]any{"$near": 1}}, "type": 7},
	})
}

func TestStore(t *testing.T) {
	t.Run("db", func(t *testing.T) { run(t, opened.DB, nil) })
	t.Run("client", func(t *testing.T) { run(t, opened.Client, nil) })
	t.Run("embedder", func(t *testing.T) { run(t, opened.DB, fronydb.Embedder(builtin.New())) })
}

func TestDeduplicater(t *testing.T) {
	s, err := fronydb.New(opened.DB(t), &fronydb.Options{Collection: "notes"})
	if err != nil {
		t.Fatal(err)
	}
	docs := []schema.Document{{PageContent: "하나", Metadata: map[string]any{"id": 7}}, {PageContent: "둘"}}
	ids, err := s.AddDocuments(t.Context(), docs, vectorstores.WithDeduplicater(func(_ context.Context, d schema.Document) bool {
		return d.PageContent == "둘"
	}))
	if err != nil || len(ids) != 1 || ids[0] != "7" {
		t.Fatalf("ids %q, %v", ids, err)
	}
	found, err := vectorstores.ToRetriever(s, 3).GetRelevantDocuments(t.Context(), "둘")
	if err != nil || len(found) != 1 || found[0].Metadata["id"] != int64(7) {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := s.AddDocuments(t.Context(), []schema.Document{{PageContent: "셋", Metadata: map[string]any{"id": 1.5}}}); err == nil {
		t.Error("an id of 1.5 was taken")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := fronydb.New(opened.DB(t), nil); err == nil {
		t.Error("a store without a collection was made")
	}
}
