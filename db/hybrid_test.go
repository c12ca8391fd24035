package db_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

// alike embeds all passages to one vector, and all queries to another near it.
type alike struct{}

func (alike) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	vecs := make([][]float32, len(texts))
	for i := range vecs {
		vecs[i] = []float32{1, 0}
	}
	return vecs, nil
}

func (alike) EmbedQuery(context.Context, string) ([]float32, error) { return []float32{0.8, 0.6}, nil }

func (alike) Spec() embedder.Spec { return embedder.Spec{Model: "alike", Dims: 2, HeadDims: 2} }

// TestHybridOfFew: with few candidates, a document that is near but shares no word
// has a score, even if it is the only one. Of a hundred, the least near have none.
func TestHybridOfFew(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: alike{}})
	c := collection(t, d, "c", nil)
	for n := 1; n <= 100; n++ {
		if _, err := c.Insert(t.Context(), db.Document{ID: fmt.Sprint(n), Text: fmt.Sprint("서울의 봄 ", n)}); err != nil {
			t.Fatal(err)
		}
		m, err := c.Search(t.Context(), db.Query{Text: "winter in Busan", K: 1})
		if err != nil || len(m) != 1 {
			t.Fatal(m, err)
		}
		if got := m[0].Score; n < 90 && got < 0.05 || n == 1 && got < 0.2 || n == 100 && got > 0.01 {
			t.Errorf("%d documents: cosine %v, score %v", n, m[0].Cosine, got)
		}
	}
}
