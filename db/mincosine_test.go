package db_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

// along embeds every text the same.
type along struct{}

func (along) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	vecs := make([][]float32, len(texts))
	for i := range vecs {
		vecs[i] = []float32{1, 0}
	}
	return vecs, nil
}

func (along) EmbedQuery(context.Context, string) ([]float32, error) { return []float32{1, 0}, nil }

func (along) Spec() embedder.Spec { return embedder.Spec{Model: "along", Dims: 2, HeadDims: 2} }

// MinCosine leaves out what is farther, in every mode that compares embeddings, and
// however many words it shares with the query.
func TestMinCosine(t *testing.T) {
	d := open(t, t.TempDir(), &db.Options{Embedder: along{}})
	c := collection(t, d, "c", nil)
	const n = 1000
	docs := make([]db.Document, n)
	for i := range docs {
		cosine := float64(i) / n
		docs[i] = db.Document{
			ID: fmt.Sprint(i), Text: "spring", Source: fmt.Sprint(i / 10),
			Embedding: []float32{float32(cosine), float32(math.Sqrt(1 - cosine*cosine))},
		}
		if i < 100 { // far, and full of the query's words
			docs[i].Text = "spring in Seoul spring in Seoul"
		}
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		db.Query
		want int
	}{
		{db.Query{K: 500, Mode: db.Dense}, 100},
		{db.Query{K: 10, Mode: db.Dense}, 10},
		{db.Query{K: 500, Mode: db.Dense, Exact: true}, 100},
		{db.Query{K: 500}, 100},
		{db.Query{K: 20}, 20},
		{db.Query{K: 20, Fusion: db.Reciprocal}, 20},
		{db.Query{K: 500, PerSource: 1}, 10},
		{db.Query{K: 5, PerSource: 1}, 5},
		{db.Query{K: 500, PerSource: 3, Mode: db.Dense}, 30},
	} {
		q.Text, q.MinCosine = "spring in Seoul", new(float32(0.8995))
		got, err := c.Search(t.Context(), q.Query)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != q.want {
			t.Errorf("%s K %d PerSource %d: %d results, want %d", q.Mode, q.K, q.PerSource, len(got), q.want)
		}
		for _, m := range got {
			if m.Cosine < 0.8995 {
				t.Errorf("%s: %s has the cosine %v", q.Mode, m.Document.ID, m.Cosine)
			}
		}
	}
	for _, q := range []db.Query{
		{Text: "x", K: 1, MinCosine: new(float32(1.5))},
		{Text: "x", K: 1, MinCosine: new(float32(math.NaN()))},
		{Text: "x", K: 1, MinCosine: new(float32(0.5)), Mode: db.Lexical},
	} {
		if _, err := c.Search(t.Context(), q); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("MinCosine %v in mode %s: %v", *q.MinCosine, q.Mode, err)
		}
	}
}
