package db

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// BenchmarkRerank fetches and compares 50 candidates of 384 dims by their full
// vectors, from warm rows.
func BenchmarkRerank(b *testing.B) {
	const n, dims, candidates = 20_000, 384, 50
	d, _ := openLogged(b, b.TempDir())
	defer func() { _ = d.Close() }()
	c, err := d.Collection(b.Context(), "c", &CollectionOptions{Dims: dims, HeadDims: dims, M: 2, EfConstruction: 8})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	docs := make([]Document, n)
	for i := range docs {
		docs[i] = given(rng, fmt.Sprint(i), dims)
	}
	for part := range slices.Chunk(docs, 2000) {
		if _, err := c.Insert(b.Context(), part...); err != nil {
			b.Fatal(err)
		}
	}
	q := slices.Clone(docs[0].Embedding)
	quant.Normalize(q)
	v, m := c.view()
	defer v.Close()
	s := &searching{c: c, q: &Query{K: 10}, vec: q, view: v, seq: m.seq, trace: new(Trace)}
	code := c.codes.room()
	hits := make([]hnsw.Hit, candidates)
	for b.Loop() {
		for i := range hits {
			hits[i].ID = rng.Uint32N(n)
		}
		if top, err := s.rerank(code, hits, 10); err != nil || len(top) != candidates {
			b.Fatal(len(top), err)
		}
	}
}
