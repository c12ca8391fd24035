package db_test

import (
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// In a small collection a good answer has a score as well, the only one too,
// and the order is that of the scores.
func TestHybridOfFew(t *testing.T) {
	d := open(t, t.TempDir(), &db.Options{Embedder: embeddertest.New(384, 1)})
	c := collection(t, d, "c", nil)
	for n := range 5 {
		doc := db.Document{ID: fmt.Sprint(n), Text: fmt.Sprintf("서울의 봄 %d", n)}
		if _, err := c.Insert(t.Context(), doc); err != nil {
			t.Fatal(err)
		}
		low := float32(0.01)
		for _, q := range []db.Query{
			{Text: "winter in Busan", K: 5, Mode: db.Hybrid},
			{Text: doc.Text, K: 5, MinScore: &low},
		} {
			m, err := c.Search(t.Context(), q)
			if err != nil || len(m) == 0 && q.MinScore != nil {
				t.Fatalf("%d documents, %q: %v %v", n+1, q.Text, m, err)
			}
			for i := range m {
				if i > 0 && m[i].Score > m[i-1].Score {
					t.Errorf("%d documents, %q: not in order: %v", n+1, q.Text, m)
				}
				if q.Mode == db.Hybrid && m[i].Cosine > 0.05 && m[i].Score <= 0 {
					t.Errorf("%d documents: cosine %v and score %v", n+1, m[i].Cosine, m[i].Score)
				}
			}
		}
	}
}
