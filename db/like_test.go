package db_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/quant"
)

// The results are those of a comparison of all documents with the mixed vector, without
// the examples, whatever the sizes, filters and sources are.
func TestLike(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	d := open(t, t.TempDir(), nil)
	const dims, n = 32, 3000
	c := collection(t, d, "c", &db.CollectionOptions{Dims: dims, Precomputed: true})
	docs := make([]db.Document, n)
	for i := range docs {
		v := make([]float32, dims)
		for j := range v {
			v[j] = float32(rng.NormFloat64())
		}
		quant.Normalize(v)
		docs[i] = db.Document{ID: fmt.Sprint(i), Embedding: v, Source: fmt.Sprint(i % 700), Metadata: db.Metadata{"half": i%2 == 0}}
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	draw := func(most int) (ids []string) {
		for range rng.IntN(most + 1) {
			ids = append(ids, fmt.Sprint(rng.IntN(n)))
		}
		return ids
	}
	sum := func(into []float32, ids []string, weight float32) {
		all := make([]float32, dims)
		for _, id := range ids {
			var i int
			if _, err := fmt.Sscan(id, &i); err != nil {
				t.Fatal(err)
			}
			for j, x := range docs[i].Embedding {
				all[j] += x
			}
		}
		if len(ids) > 0 {
			quant.Normalize(all)
		}
		for j := range into {
			into[j] += weight * all[j]
		}
	}
	for range 60 {
		q := db.Query{Like: draw(3), Unlike: draw(2), K: 1 + rng.IntN(20), Exact: rng.IntN(2) == 0, Recall: 1}
		if rng.IntN(2) == 0 || len(q.Like) == 0 {
			q.Embedding = docs[rng.IntN(n)].Embedding
		}
		half := rng.IntN(2) == 0
		if half {
			q.Filter = filter.Eq("half", true)
		}
		q.PerSource = rng.IntN(2)
		want := make([]float32, dims)
		copy(want, q.Embedding)
		sum(want, q.Like, 1)
		sum(want, q.Unlike, -0.5)
		quant.Normalize(want)
		type scored struct {
			id, source string
			cosine     float32
		}
		var all []scored
		for _, d := range docs {
			if !slices.Contains(q.Like, d.ID) && !slices.Contains(q.Unlike, d.ID) && (!half || d.Metadata["half"] == true) {
				all = append(all, scored{d.ID, d.Source, quant.Dot(want, d.Embedding)})
			}
		}
		slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.cosine, a.cosine) })
		if q.PerSource == 1 {
			seen := map[string]bool{}
			all = slices.DeleteFunc(all, func(s scored) bool { was := seen[s.source]; seen[s.source] = true; return was })
		}
		got, err := c.Search(t.Context(), q)
		if err != nil || len(got) != min(q.K, len(all)) {
			t.Fatalf("%+v: %d results, %v", q, len(got), err)
		}
		for i, m := range got {
			if diff := m.Cosine - all[i].cosine; diff > 1e-4 || diff < -1e-4 {
				t.Fatalf("%+v: result %d is %s, %v, want %s, %v", q, i, m.Document.ID, m.Cosine, all[i].id, all[i].cosine)
			}
		}
	}
}

func TestLikeWithText(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	if _, err := c.Upsert(t.Context(),
		db.Document{ID: "kimchi", Text: "김치찌개는 신김치로 끓인다"}, db.Document{ID: "stew", Text: "된장찌개나 김치찌개를 끓이는 법"},
		db.Document{ID: "pork", Text: "제육볶음 양념"}, db.Document{ID: "move", Text: "이사하면 전입신고를 한다"},
		db.Document{ID: "house", Text: "집을 구해 이사하는 날"}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		q    db.Query
		want string
	}{
		{db.Query{Like: []string{"kimchi"}}, "stew"},
		{db.Query{Like: []string{"move"}}, "house"},
		{db.Query{Text: "이사", Like: []string{"move"}}, "house"},
		{db.Query{Text: "찌개", Unlike: []string{"stew"}}, "kimchi"},
	} {
		x.q.K = 1
		m, err := c.Search(t.Context(), x.q)
		if err != nil || len(m) != 1 || m[0].Document.ID != x.want {
			t.Errorf("%+v: %v %v", x.q, m, err)
		}
	}
	for want, list := range map[error][]db.Query{
		db.ErrInvalidQuery: {
			{Unlike: []string{"move"}},
			{Text: "x", Like: []string{"move"}, Mode: db.Lexical},
			{Like: []string{"move"}, Mode: db.Hybrid},
			{Like: make([]string, db.MaxLike+1)},
			{Like: []string{"move"}, Highlight: true},
		},
		db.ErrNotFound: {{Like: []string{"move", "none"}}, {Text: "x", Unlike: []string{"none"}}},
	} {
		for _, q := range list {
			q.K = 1
			if _, err := c.Search(t.Context(), q); !errors.Is(err, want) {
				t.Errorf("%.200v: %v, want %v", q, err, want)
			}
		}
	}
}
