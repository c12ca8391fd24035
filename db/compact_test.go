package db

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// clusteredDocs returns documents whose vectors form clusters, as embeddings do.
func clusteredDocs(rng *rand.Rand, centres [][]float32, first, n int) []Document {
	docs := make([]Document, n)
	for i := range docs {
		v := make([]float32, len(centres[0]))
		for j, x := range centres[rng.IntN(len(centres))] {
			v[j] = x + float32(rng.NormFloat64())*0.6
		}
		docs[i] = Document{ID: fmt.Sprint(first + i), Embedding: v}
	}
	return docs
}

// recallOf returns recall@10 of the approximate search against the exact one.
func recallOf(t *testing.T, c *Collection, queries []Document) float64 {
	t.Helper()
	found := 0
	for _, q := range queries {
		exact := map[string]bool{}
		for i, how := range []bool{true, false} {
			m, err := c.Search(t.Context(), Query{Embedding: q.Embedding, K: 10, Exact: how, Fields: FieldsNone})
			if err != nil || len(m) != 10 {
				t.Fatal(len(m), err)
			}
			for _, m := range m {
				if i == 0 {
					exact[m.Document.ID] = true
				} else if exact[m.Document.ID] {
					found++
				}
			}
		}
	}
	return float64(found) / float64(10*len(queries))
}

// TestChurn: deleting and inserting 30, 60 and 90 % of a collection several times
// costs no recall compared to a new collection of the same documents, and node
// numbers are reused.
func TestChurn(t *testing.T) {
	t.Parallel()
	n := 12_000
	if testing.Short() {
		n = 4000
	}
	const dims = 64
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	centres := make([][]float32, 100)
	for i := range centres {
		centres[i] = make([]float32, dims)
		for j := range centres[i] {
			centres[i][j] = float32(rng.NormFloat64())
		}
	}
	// The same effort for both: calibration would differ.
	opts := &CollectionOptions{Dims: dims, HeadDims: dims / 2, EfConstruction: 100, Oversampling: 10}
	d, _ := openLogged(t, t.TempDir())
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "churned", opts)
	if err != nil {
		t.Fatal(err)
	}
	write := func(c *Collection, docs []Document) {
		t.Helper()
		for len(docs) > 0 {
			k := min(1000, len(docs))
			if _, err := c.Upsert(t.Context(), docs[:k]...); err != nil {
				t.Fatal(err)
			}
			docs = docs[k:]
		}
	}
	live := map[string]Document{}
	put := func(docs []Document) {
		for _, doc := range docs {
			live[doc.ID] = doc
		}
		write(c, docs)
	}
	put(clusteredDocs(rng, centres, 0, n))
	next := n
	for _, percent := range []int{30, 60, 90} {
		var ids []string
		for id := range live {
			if len(ids) < n*percent/100 {
				ids = append(ids, id)
			}
		}
		for _, id := range ids {
			delete(live, id)
		}
		for rest := ids; len(rest) > 0; {
			k := min(1000, len(rest))
			if _, err := c.Delete(t.Context(), rest[:k]...); err != nil {
				t.Fatal(err)
			}
			rest = rest[k:]
		}
		put(clusteredDocs(rng, centres, next, len(ids)))
		next += len(ids)
	}
	queries := clusteredDocs(rng, centres, 0, 500)
	churned := recallOf(t, c, queries)
	r, err := d.Compact(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if s, err := c.Stats(); err != nil || s.Dead != 0 {
		t.Errorf("%d dead nodes, %v", s.Dead, err)
	}
	compacted := recallOf(t, c, queries)
	fresh, err := d.Collection(t.Context(), "fresh", opts)
	if err != nil {
		t.Fatal(err)
	}
	var all []Document
	for _, doc := range live {
		all = append(all, doc)
	}
	write(fresh, all)
	want := recallOf(t, fresh, queries)
	t.Logf("recall@10 %.4f after the churn, %.4f after Compact, %.4f freshly built", churned, compacted, want)
	if math.Min(churned, compacted) < want-0.005 {
		t.Error("the churn has reduced recall")
	}
	if r, err := d.Doctor(t.Context(), &DoctorOptions{Collections: []string{c.Name()}}); err != nil || !r.OK() {
		t.Errorf("%+v %v", r, err)
	}
	nodes := d.st.State(idOf(c)).Next
	if err := d.Drop(t.Context(), "fresh"); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := openLogged(t, d.dir)
	defer func() { _ = again.Close() }()
	full, err := again.Compact(t.Context())
	if err != nil || full.After > full.Before {
		t.Errorf("%+v %v", full, err)
	}
	if int(nodes) > 2*n+2000 { // 2.8 n were written
		t.Errorf("%d nodes were allocated for %d documents: numbers are not reused", nodes, n)
	}
}

// TestCompactTwice: a compacted collection stays compacted. The next opening finds no
// dead nodes and logs no warning.
func TestCompactTwice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, _ := openLogged(t, dir)
	c, err := d.Collection(t.Context(), "c", &CollectionOptions{Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := c.Upsert(t.Context(), Document{ID: "a", Embedding: []float32{1, float32(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if err := d.Close(); err != nil { // saves a snapshot
			t.Fatal(err)
		}
		var log *lockedBuffer
		d, log = openLogged(t, dir)
		r, err := d.Compact(t.Context())
		if err != nil || i == 0 && r.Nodes != 2 || i > 0 && r.Nodes != 0 {
			t.Errorf("compact %d: %+v %v", i, r, err)
		}
		if s := log.String(); strings.Contains(s, "level=WARN") {
			t.Errorf("compact %d: %s", i, s)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
