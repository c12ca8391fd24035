package db_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
)

// clustered returns vectors in clusters. Their first half holds most of the energy,
// as with a Matryoshka model.
func clustered(rng *rand.Rand, n, dims int) [][]float32 {
	centers := make([][]float64, 200)
	for i := range centers {
		centers[i] = make([]float64, dims)
		for j := range centers[i] {
			centers[i][j] = rng.NormFloat64() * scale(j, dims)
		}
	}
	out := make([][]float32, n)
	for i := range out {
		c := centers[rng.IntN(len(centers))]
		v := make([]float32, dims)
		for j := range v {
			v[j] = float32(c[j] + 0.7*rng.NormFloat64()*scale(j, dims))
		}
		out[i] = v
	}
	return out
}

func scale(j, dims int) float64 { return 1 / (1 + 4*float64(j)/float64(dims)) }

// TestRecall: the two-stage search finds what the exact search finds, and more of it
// with a higher Query.Recall.
func TestRecall(t *testing.T) {
	t.Parallel()
	n, queries := 20_000, 100
	if testing.Short() {
		n = 6000
	}
	rng := random(t)
	vecs := clustered(rng, n+queries, 384)
	heard := make(chan float64, 10_000)
	d := open(t, t.TempDir(), &db.Options{
		SyncEvery: time.Second, RecallSample: 2,
		OnRecall: func(name string, k int, recall float64) {
			if name != "c" || k != 10 {
				t.Errorf("sampled %s, k %d", name, k)
			}
			heard <- recall
		},
	})
	c := collection(t, d, "c", &db.CollectionOptions{Dims: 384, HeadDims: 192, Graph: db.GraphAlways})
	for i := 0; i < n; i += 500 {
		docs := make([]db.Document, 500)
		for j := range docs {
			docs[j].Embedding = vecs[i+j]
		}
		if _, err := c.Insert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	recall := func(q db.Query) float64 {
		found := 0
		for _, v := range vecs[n:] {
			q.Embedding, q.K, q.Fields, q.Exact = v, 10, db.FieldsNone, true
			truth, err := c.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			q.Exact = false
			var tr db.Trace
			q.Trace = &tr
			got, err := c.Search(t.Context(), q)
			if err != nil || tr.Plan != db.PlanGraph && q.EfSearch > 0 || (tr.Plan == db.PlanExact) != (q.Recall == 1) {
				t.Fatal(tr.Plan, err)
			}
			for _, m := range got {
				if m.Score >= truth[len(truth)-1].Score {
					found++
				}
			}
		}
		return float64(found) / float64(10*queries)
	}
	def, graph, low, all := recall(db.Query{}), recall(db.Query{EfSearch: 200}), recall(db.Query{Recall: 0.5}), recall(db.Query{Recall: 1})
	t.Logf("recall@10 of %d: %.4f by default, %.4f by the graph, %.4f at 0.5, %.4f at 1", n, def, graph, low, all)
	if def < 0.99 || graph < 0.98 {
		t.Errorf("recall@10 is %.4f by default, want 0.99, and %.4f by the graph, want 0.98", def, graph)
	}
	if live := c.LiveRecall(); len(heard) == 0 || live.Samples < len(heard) || live.Mean < 0.5 {
		t.Errorf("%d samples were reported, live recall %+v", len(heard), live)
	}
	if low < 0.5 || all != 1 {
		t.Errorf("recall@10 is %.4f at 0.5 and %.4f at 1", low, all)
	}
}
