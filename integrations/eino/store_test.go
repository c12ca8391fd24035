package fronydb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cloudwego/eino/callbacks"
	"github.com/cloudwego/eino/components/embedding"
	"github.com/cloudwego/eino/components/indexer"
	"github.com/cloudwego/eino/components/retriever"
	"github.com/cloudwego/eino/schema"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	fronydb "github.com/fronyai/frony-db/integrations/eino"
	"github.com/fronyai/frony-db/integrations/internal/opened"
	"github.com/fronyai/frony-db/integrations/store"
	"github.com/fronyai/frony-db/integrations/storetest"
)

// tested is a store as storetest wants it.
type tested struct{ s *fronydb.Store }

func (t tested) Add(ctx context.Context, namespace string, docs []storetest.Document) ([]string, error) {
	in := make([]*schema.Document, len(docs))
	for i, d := range docs {
		in[i] = &schema.Document{ID: d.ID, Content: d.Text, MetaData: d.Metadata}
	}
	return t.s.Store(ctx, in, fronydb.WithIndex(namespace))
}

func (t tested) Search(ctx context.Context, s storetest.Search) ([]storetest.Document, error) {
	options := []retriever.Option{retriever.WithIndex(s.Namespace), retriever.WithTopK(s.K)}
	if dsl, ok := s.Filter.(dsl); ok {
		options = append(options, retriever.WithDSLInfo(dsl))
	} else {
		options = append(options, fronydb.WithFilter(s.Filter))
	}
	if s.Threshold != nil {
		options = append(options, retriever.WithScoreThreshold(*s.Threshold))
	}
	found, err := t.s.Retrieve(ctx, s.Query, options...)
	out := make([]storetest.Document, len(found))
	for i, d := range found {
		out[i] = storetest.Document{ID: d.ID, Text: d.Content, Metadata: d.MetaData, Score: d.Score()}
		delete(out[i].Metadata, "_score")
	}
	return out, err
}

func (t tested) Delete(ctx context.Context, namespace string, ids []string) error {
	return t.s.Delete(ctx, namespace, ids...)
}

type dsl map[string]any

// run runs the conformance tests on what open opens.
func run[S store.Source](t *testing.T, open func(*testing.T) S, passages, queries embedding.Embedder) {
	storetest.Run(t, storetest.Suite{
		Open: func(t *testing.T) storetest.Store {
			s, err := fronydb.New(open(t), &fronydb.Options{Collection: "notes", Embedding: passages, QueryEmbedding: queries})
			if err != nil {
				t.Fatal(err)
			}
			return tested{s}
		},
		Filters: map[string]any{
			"expr":   filter.And(filter.Eq("lang", "ko"), filter.Ge("year", 2024)),
			"string": `lang = "ko" AND year >= 2024`,
			"map":    map[string]any{"lang": "ko", "year": map[string]any{"$gte": 2024}},
			"dsl":    dsl{"lang": "ko", "year": map[string]any{"$gte": 2024}},
		},
		Refused: map[string]any{"string": "lang =", "operator": dsl{"lang": map[string]any{"$near": 1}}, "type": 7},
	})
}

func TestStore(t *testing.T) {
	t.Run("db", func(t *testing.T) { run(t, opened.DB, nil, nil) })
	t.Run("client", func(t *testing.T) { run(t, opened.Client, nil, nil) })
	e := builtin.New()
	t.Run("embedder", func(t *testing.T) { run(t, opened.DB, fronydb.PassageEmbedder(e), fronydb.QueryEmbedder(e)) })
}

func TestSubIndexesAndVectors(t *testing.T) {
	s, err := fronydb.New(opened.DB(t), &fronydb.Options{Collection: "notes", Query: db.Query{K: 1, Fields: db.FieldsDefault | db.FieldEmbedding}})
	if err != nil {
		t.Fatal(err)
	}
	first := (&schema.Document{ID: "a", Content: "하나", MetaData: map[string]any{"n": 1}}).WithDenseVector([]float64{3, 4}).WithScore(7)
	if _, err := s.Store(t.Context(), []*schema.Document{first}, indexer.WithSubIndexes([]string{"x", "y"})); err != nil {
		t.Fatal(err)
	}
	second := (&schema.Document{ID: "b", Content: "둘"}).WithDenseVector([]float64{3, 4.1}).WithSubIndexes([]string{"z"})
	if _, err := s.Store(t.Context(), []*schema.Document{second}); err != nil {
		t.Fatal(err)
	}
	if first.SubIndexes() != nil || first.Score() != 7 {
		t.Errorf("the caller's document was changed: %v", first.MetaData)
	}
	for sub, want := range map[string]string{"y": "a", "z": "b"} {
		found, err := s.Retrieve(t.Context(), "?", retriever.WithEmbedding(constant{3, 4}), retriever.WithSubIndex(sub))
		if err != nil || len(found) != 1 || found[0].ID != want || found[0].Score() < 0.99 || len(found[0].DenseVector()) != 2 {
			t.Errorf("in sub-index %s: %+v, %v", sub, found, err)
		}
	}
	if found, err := s.Retrieve(t.Context(), "?", retriever.WithEmbedding(constant{3, 4})); err != nil || len(found) != 1 {
		t.Errorf("K of the options is 1: %v, %v", found, err)
	}
	if _, err := s.Store(t.Context(), []*schema.Document{nil}); err == nil {
		t.Error("a nil document was stored")
	}
}

type constant []float64

func (c constant) EmbedStrings(_ context.Context, texts []string, _ ...embedding.Option) ([][]float64, error) {
	out := make([][]float64, len(texts))
	for i := range out {
		out[i] = c
	}
	return out, nil
}

func TestCallbacks(t *testing.T) {
	s, err := fronydb.New(opened.DB(t), &fronydb.Options{Collection: "notes"})
	if err != nil {
		t.Fatal(err)
	}
	var calls []any
	ctx := callbacks.InitCallbacks(t.Context(), &callbacks.RunInfo{}, callbacks.NewHandlerBuilder().
		OnStartFn(func(ctx context.Context, _ *callbacks.RunInfo, in callbacks.CallbackInput) context.Context {
			calls = append(calls, in)
			return ctx
		}).
		OnEndFn(func(ctx context.Context, _ *callbacks.RunInfo, out callbacks.CallbackOutput) context.Context {
			calls = append(calls, out)
			return ctx
		}).
		OnErrorFn(func(ctx context.Context, _ *callbacks.RunInfo, err error) context.Context {
			calls = append(calls, err)
			return ctx
		}).Build())
	if _, err := s.Retrieve(ctx, "하나"); !errors.Is(err, db.ErrNoCollection) {
		t.Fatalf("a retrieval before the first document: %v", err)
	}
	if _, err := s.Store(ctx, []*schema.Document{{ID: "a", Content: "하나"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Retrieve(ctx, "하나", fronydb.WithFilter(`n = 1`)); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 6 {
		t.Fatalf("%d callbacks, want 6: %v", len(calls), calls)
	}
	if err, ok := calls[1].(error); !ok || !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("the failed retrieval ended with %v", calls[1])
	}
	if out, ok := calls[3].(*indexer.CallbackOutput); !ok || len(out.IDs) != 1 {
		t.Errorf("Store ended with %v", calls[3])
	}
	if in, ok := calls[4].(*retriever.CallbackInput); !ok || in.Query != "하나" || in.Filter != "n = 1" {
		t.Errorf("Retrieve began with %v", calls[4])
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := fronydb.New(opened.DB(t), nil); err == nil {
		t.Error("a store without a collection was made")
	}
}
