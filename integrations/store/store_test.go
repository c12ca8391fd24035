package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/integrations/internal/opened"
	"github.com/fronyai/frony-db/integrations/store"
	"github.com/fronyai/frony-db/integrations/storetest"
)

// tested is a store as storetest wants it.
type tested struct {
	s *store.Store
	e store.Embedder
}

func (t tested) Add(ctx context.Context, namespace string, docs []storetest.Document) ([]string, error) {
	in := make([]store.Document, len(docs))
	for i, d := range docs {
		in[i] = store.Document{ID: d.ID, Text: d.Text, Metadata: d.Metadata}
	}
	return t.s.Add(ctx, store.Batch{Namespace: namespace, Documents: in, Embedder: t.e})
}

func (t tested) Search(ctx context.Context, s storetest.Search) ([]storetest.Document, error) {
	in := store.Search{Namespace: s.Namespace, Query: s.Query, K: s.K, Filter: s.Filter, Embedder: t.e}
	if s.Threshold != nil {
		in.MinCosine = new(float32(*s.Threshold))
	}
	found, err := t.s.Search(ctx, in)
	out := make([]storetest.Document, len(found))
	for i, d := range found {
		out[i] = storetest.Document{ID: d.ID, Text: d.Text, Metadata: d.Metadata, Score: float64(d.Score)}
	}
	return out, err
}

func (t tested) Delete(ctx context.Context, namespace string, ids []string) error {
	_, err := t.s.Delete(ctx, namespace, ids...)
	return err
}

// suite is what every store of frony-db is tested with.
func suite(open func(t *testing.T) storetest.Store) storetest.Suite {
	return storetest.Suite{
		Open: open,
		Filters: map[string]any{
			"expr":   filter.And(filter.Eq("lang", "ko"), filter.Ge("year", 2024)),
			"string": `lang = "ko" AND year >= 2024`,
			"map":    map[string]any{"lang": "ko", "year": map[string]any{"$gte": 2024}},
			"json": map[string]any{"and": []any{
				map[string]any{"field": "lang", "op": "=", "value": "ko"},
				map[string]any{"field": "year", "op": ">=", "value": 2024},
			}},
		},
		Refused: map[string]any{"string": "lang =", "operator": map[string]any{"lang": map[string]any{"$near": 1}}, "type": 7},
	}
}

func TestStore(t *testing.T) {
	options := &store.Options{Collection: "notes"}
	for name, e := range map[string]store.Embedder{"model": nil, "embedder": builtin.New()} {
		t.Run("db/"+name, func(t *testing.T) {
			storetest.Run(t, suite(func(t *testing.T) storetest.Store {
				s, err := store.New(opened.DB(t), options)
				if err != nil {
					t.Fatal(err)
				}
				return tested{s, e}
			}))
		})
		t.Run("client/"+name, func(t *testing.T) {
			storetest.Run(t, suite(func(t *testing.T) storetest.Store {
				s, err := store.New(opened.Client(t), options)
				if err != nil {
					t.Fatal(err)
				}
				return tested{s, e}
			}))
		})
	}
}

func TestNewRefuses(t *testing.T) {
	d := opened.DB(t)
	for name, o := range map[string]*store.Options{"nil": nil, "no name": {}, "a question": {Collection: "a", Query: db.Query{Text: "?"}}} {
		if _, err := store.New(d, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := store.New[*db.DB](nil, &store.Options{Collection: "a"}); err == nil {
		t.Error("nil database: no error")
	}
}

// Documents that came another way have their source and title as metadata.
func TestOthersDocuments(t *testing.T) {
	d := opened.DB(t)
	c, err := d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Insert(t.Context(), db.Document{ID: "a#1", Text: "서울의 봄", Title: "계절", Source: "a"}); err != nil {
		t.Fatal(err)
	}
	s, err := store.New(d, &store.Options{Collection: "notes", Query: db.Query{K: 7, Mode: db.Lexical, Filter: filter.Eq("_source", "a")}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Search(t.Context(), store.Search{Query: "봄", Embedder: failing{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Metadata["source"] != "a" || found[0].Metadata["title"] != "계절" || found[0].Score <= 0 {
		t.Errorf("found %+v", found)
	}
	if found, err = s.Search(t.Context(), store.Search{Query: "봄", Filter: `_source = "b"`}); err != nil || len(found) != 0 {
		t.Errorf("of another source %v, %v", found, err)
	}
	if _, err = s.Search(t.Context(), store.Search{Query: "봄", MinCosine: new(float32(0.5))}); !errors.Is(err, db.ErrInvalidQuery) {
		t.Errorf("a threshold without cosines: %v", err)
	}
}

var errFailing = errors.New("no model today")

type failing struct{}

func (failing) EmbedPassages(context.Context, []string) ([][]float32, error) { return nil, errFailing }

func (failing) EmbedQuery(context.Context, string) ([]float32, error) { return nil, errFailing }

func TestErrors(t *testing.T) {
	s, err := store.New(opened.DB(t), &store.Options{Collection: "notes"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Search(t.Context(), store.Search{Query: "a"}); !errors.Is(err, db.ErrNoCollection) {
		t.Errorf("a search before the first document: %v", err)
	}
	docs := []store.Document{{ID: "a", Text: "a"}}
	if ids, err := s.Add(t.Context(), store.Batch{Documents: docs, Embedder: failing{}}); !errors.Is(err, errFailing) || len(ids) > 0 {
		t.Errorf("a failing embedder: %v, %v", ids, err)
	}
	if _, err := s.Search(t.Context(), store.Search{Query: "a", Embedder: failing{}}); !errors.Is(err, errFailing) {
		t.Errorf("a failing embedder: %v", err)
	}
	// The first transaction of two is written, and said so.
	for i := range 600 {
		docs = append(docs, store.Document{ID: fmt.Sprint("d", i), Text: "문서"})
	}
	docs[550].ID = "d3"
	if ids, err := s.Add(t.Context(), store.Batch{Documents: docs}); !errors.Is(err, db.ErrDuplicateID) || len(ids) > 0 {
		t.Errorf("an id twice, in two transactions: %d ids, %v", len(ids), err)
	}
	docs[550].ID, docs[550].Text = "d549", ""
	ids, err := s.Add(t.Context(), store.Batch{Documents: docs})
	if !errors.Is(err, db.ErrInvalidText) || len(ids) != 500 || ids[0] != "a" || ids[499] != "d498" {
		t.Errorf("%d ids, %v", len(ids), err)
	}
}

func TestGivenEmbeddings(t *testing.T) {
	s, err := store.New(opened.Client(t), &store.Options{Collection: "notes", Query: db.Query{Fields: db.FieldsDefault | db.FieldEmbedding}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), store.Batch{Documents: []store.Document{{ID: "x", Embedding: []float32{3, 4}}, {ID: "y", Embedding: []float32{4, -3}}}}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Search(t.Context(), store.Search{Query: "x", K: 1, Embedder: constant{0.6, 0.8}})
	if err != nil || len(found) != 1 || found[0].ID != "x" || found[0].Score < 0.999 || len(found[0].Embedding) != 2 {
		t.Errorf("%+v, %v", found, err)
	}
}

type constant []float32

func (c constant) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	return make([][]float32, len(texts)), nil
}
func (c constant) EmbedQuery(context.Context, string) ([]float32, error) { return c, nil }
