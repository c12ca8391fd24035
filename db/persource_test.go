package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// sourced returns documents in which the chunks of a source lie near each other: few
// sources with many chunks, many with few, and some documents without a source.
func sourced(rng *rand.Rand, n, dims int) []db.Document {
	docs := make([]db.Document, 0, n)
	for file := 0; len(docs) < n; file++ {
		chunks := 1 + rng.IntN(4)
		if file%10 == 0 {
			chunks = n / 8
		}
		center := make([]float32, dims)
		for j := range center {
			center[j] = float32(rng.NormFloat64() * scale(j, dims))
		}
		for chunk := range min(chunks, n-len(docs)) {
			d := db.Document{
				ID: fmt.Sprintf("%d#%d", file, chunk), Source: fmt.Sprint("file-", file), Chunk: chunk, Text: sentence(rng),
				Metadata: db.Metadata{"even": chunk%2 == 0}, Embedding: make([]float32, dims),
			}
			if file%7 == 3 {
				d.Source = ""
			}
			for j := range d.Embedding {
				d.Embedding[j] = center[j] + float32(0.3*rng.NormFloat64()*scale(j, dims))
			}
			docs = append(docs, d)
		}
	}
	return docs
}

// capped is the specification of PerSource: the first k of a ranked list with at
// most n of each source.
func capped(all []db.Match, n, k int) (out []db.Match) {
	count := map[string]int{}
	for _, m := range all {
		if source := m.Document.Source; source != "" {
			if count[source]++; count[source] > n {
				continue
			}
		}
		if len(out) < k {
			out = append(out, m)
		}
	}
	return out
}

func ids(matches []db.Match) []string {
	out := make([]string, len(matches))
	for i, m := range matches {
		out[i] = m.Document.ID
	}
	return out
}

// TestPerSource: with PerSource, every plan and mode returns the full ranking without
// the surplus of each source.
func TestPerSource(t *testing.T) {
	t.Parallel()
	const dims = 128
	for _, size := range []struct {
		n    int
		plan db.Plan
		ef   int // of the collection
	}{{90, "exact matches", 0}, {3000, "scan", 0}, {7000, "graph", 100}, {9000, "sketches", 0}} {
		t.Run(string(size.plan), func(t *testing.T) {
			rng := random(t)
			docs := sourced(rng, size.n, dims)
			d := open(t, t.TempDir(), &db.Options{Embedder: embeddertest.New(dims, 1), SyncEvery: time.Second})
			c := collection(t, d, "c", &db.CollectionOptions{HeadDims: dims / 2, EfSearch: size.ef})
			for part := range slices.Chunk(docs, 1000) {
				if _, err := c.Insert(t.Context(), part...); err != nil {
					t.Fatal(err)
				}
			}
			// Replaced and deleted documents do not count.
			if _, err := c.ReplaceSource(t.Context(), "file-0", docs[:len(docs)/16]...); err != nil {
				t.Fatal(err)
			}
			found, wanted := 0, 0
			for range 60 {
				q := db.Query{K: 1 + rng.IntN(15), PerSource: 1 + rng.IntN(3), Mode: db.Mode(1 + rng.IntN(3)), Text: sentence(rng)}
				if rng.IntN(2) == 0 {
					q.Filter = filter.Eq("even", true)
				}
				q.Exact = rng.IntN(2) == 0
				// Near a source with many chunks. A text is near none, and recall is
				// lower for queries that resemble no document.
				if q.Mode == db.Dense && (!q.Exact || rng.IntN(4) > 0) {
					q.Text, q.Embedding = "", docs[rng.IntN(len(docs))].Embedding
				}
				all := q
				all.K, all.PerSource, all.Exact = size.n, 0, true
				truth, err := c.Search(t.Context(), all)
				if err != nil {
					t.Fatal(err)
				}
				truth = capped(truth, q.PerSource, q.K)
				got, err := c.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case len(got) != len(truth) || len(capped(got, q.PerSource, q.K)) != len(got):
					t.Fatalf("%s, K %d, PerSource %d: %v, want %v", q.Mode, q.K, q.PerSource, ids(got), ids(truth))
				case size.n > 100 && q.Mode == db.Hybrid:
					// The scores depend on the candidates.
				case q.Mode == db.Dense && !q.Exact:
					for _, m := range got {
						if m.Score >= truth[len(truth)-1].Score {
							found++
						}
					}
					wanted += len(truth)
				case !slices.Equal(ids(got), ids(truth)):
					t.Fatalf("%s, K %d, PerSource %d: %v, want %v", q.Mode, q.K, q.PerSource, ids(got), ids(truth))
				}
				if !slices.IsSortedFunc(got, func(a, b db.Match) int { return cmp.Compare(b.Score, a.Score) }) {
					t.Fatalf("%s: not in order: %v", q.Mode, got)
				}
			}
			t.Logf("the approximate searches found %d of %d", found, wanted)
			if wanted == 0 || float64(found) < 0.9*float64(wanted) {
				t.Errorf("the approximate searches found %d of %d", found, wanted)
			}
			var tr db.Trace
			if _, err := c.Search(t.Context(), db.Query{Embedding: docs[size.n/2].Embedding, K: 1, PerSource: 5, Trace: &tr}); err != nil || tr.Plan != size.plan && (size.plan != db.PlanSketches || tr.Plan != db.PlanScan) {
				// Whether sketches or codes are scanned depends on the machine.
				t.Errorf("plan %q, %v; want %q", tr.Plan, err, size.plan)
			}
		})
	}
}

func TestPerSourceIsChecked(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	if _, err := c.Search(context.Background(), db.Query{Text: "봄", K: 1, PerSource: -1}); !errors.Is(err, db.ErrInvalidQuery) {
		t.Error(err)
	}
	if m, err := c.Search(context.Background(), db.Query{Text: "봄", K: 3, PerSource: 1}); err != nil || len(m) != 0 {
		t.Error(m, err)
	}
}

// BenchmarkPerSource searches for ten results among documents of four chunks. One
// document has a tenth of all chunks, and would take all places for most queries.
func BenchmarkPerSource(b *testing.B) {
	const n, dims = 20_000, 384
	rng := random(b)
	vecs := clustered(rng, n, dims)
	d := open(b, b.TempDir(), &db.Options{SyncEvery: time.Second})
	c := collection(b, d, "c", &db.CollectionOptions{Dims: dims, HeadDims: dims / 2})
	long := vecs[0]
	for i := 0; i < n; i += 500 {
		docs := make([]db.Document, 500)
		for j := range docs {
			docs[j] = db.Document{Source: fmt.Sprint((i + j) / 4), Embedding: vecs[i+j]}
			if (i+j)%10 == 0 {
				docs[j].Source = "long"
				for k := range docs[j].Embedding {
					docs[j].Embedding[k] = long[k] + 0.2*float32(rng.NormFloat64())
				}
			}
		}
		if _, err := c.Insert(b.Context(), docs...); err != nil {
			b.Fatal(err)
		}
	}
	for _, bench := range []struct {
		name      string
		perSource int
		query     []float32
	}{
		{"any", 0, vecs[5]},
		{"any/1", 1, vecs[5]},
		{"any/3", 3, vecs[5]},
		{"long", 0, long},
		{"long/1", 1, long},
		{"long/3", 3, long},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.Search(b.Context(), db.Query{Embedding: bench.query, K: 10, PerSource: bench.perSource, Fields: db.FieldsNone}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
