package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// asked are questions and documents about the same things.
func questionsFixture(t testing.TB, docs int) *db.Collection {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	things := []string{"서울 여행", "부산 바다", "coffee beans", "winter train", "김치 요리", "library card", "이사 신고", "garden tools"}
	var all []db.Document
	for i := range docs {
		text := fmt.Sprintf("%s %s %d", things[rng.IntN(len(things))], things[rng.IntN(len(things))], rng.IntN(50))
		all = append(all, db.Document{ID: fmt.Sprint("d", i), Text: text, Source: fmt.Sprint("s", i%17), Metadata: db.Metadata{"n": i % 5}})
	}
	if _, err := c.Upsert(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	return c
}

// Several questions give what one gets by searching for each and fusing the lists.
func TestQueriesAsOneByOne(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const docs = 90 // fewer than the lists are long
	c := questionsFixture(t, docs)
	for _, mode := range []db.Mode{db.ModeDefault, db.Dense, db.Lexical, db.Hybrid} {
		for _, fuse := range []db.Fuse{db.FuseRank, db.FuseBest} {
			for _, perSource := range []int{0, 1} {
				q := db.Query{
					Queries: []db.Question{{Text: "서울 여행"}, {Text: "winter train to the garden", Weight: 0.5}, {Text: "김치 요리 7", Weight: 2}},
					Mode:    mode, Fuse: fuse, K: 12, PerSource: perSource, Filter: filter.Ge("n", 1),
				}
				got, err := c.Search(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				scores, total := map[string]float64{}, 0.0
				sources := map[string]string{}
				for i, one := range q.Queries {
					weight := cmp.Or(float64(one.Weight), 1)
					single := q
					single.Queries, single.Text, single.K = nil, one.Text, docs
					list, err := c.Search(ctx, single)
					if err != nil {
						t.Fatal(err)
					}
					for rank, m := range list {
						sources[m.Document.ID] = m.Document.Source
						if fuse == db.FuseRank {
							scores[m.Document.ID] += weight / float64(61+rank)
							continue
						}
						s := float64(m.Score)
						if mode == db.Lexical {
							s = float64(m.BM25) / ceilingOf(t, c, q, i)
						}
						scores[m.Document.ID] = max(scores[m.Document.ID], weight*s)
					}
					total += weight / 61
				}
				want := slices.SortedFunc(mapKeys(scores), func(a, b string) int { return cmp.Compare(scores[b], scores[a]) })
				if perSource > 0 {
					seen := map[string]bool{}
					want = slices.DeleteFunc(want, func(id string) bool {
						had := seen[sources[id]]
						seen[sources[id]] = true
						return had
					})
				}
				for i, m := range got {
					w := scores[want[i]]
					if fuse == db.FuseRank {
						w /= total
					}
					if math.Abs(float64(m.Score)-w) > 1e-5 {
						t.Errorf("%s, %s, per source %d: result %d is %s with %.5f, want %s with %.5f", mode, fuse, perSource, i, m.Document.ID, m.Score, want[i], w)
						break
					}
				}
				if n := min(12, len(want)); len(got) != n {
					t.Errorf("%s, %s, per source %d: %d results, want %d", mode, fuse, perSource, len(got), n)
				}
				q.K, q.Offset = 5, 7
				page, err := c.Search(ctx, q)
				if err != nil || len(got) >= 12 && fmt.Sprint(page) != fmt.Sprint(got[7:12]) {
					t.Errorf("%s, %s: the second page is %v, %v", mode, fuse, page, err)
				}
			}
		}
	}
}

// ceilingOf is the greatest BM25 that a question can have, told by the share of the best.
func ceilingOf(t *testing.T, c *db.Collection, q db.Query, i int) float64 {
	t.Helper()
	q.Queries, q.K = []db.Question{{Text: q.Queries[i].Text}}, 1
	share, err := c.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	q.Text, q.Queries = q.Queries[0].Text, nil
	m, err := c.Search(t.Context(), q)
	if err != nil || len(m) == 0 || share[0].Document.ID != m[0].Document.ID || share[0].Score <= 0 || share[0].Score > 1 {
		t.Fatal(share, m, err)
	}
	return float64(m[0].Score) / float64(share[0].Score)
}

func mapKeys(m map[string]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Questions mix texts, embeddings and documents; the one that a result fits best is told, and
// the snippet is for it.
func TestQueriesOfAllKinds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	c := collection(t, d, "c", nil)
	rest := strings.Repeat(" 그 밖의 이야기가 이어진다.", 20)
	if _, err := c.Upsert(ctx,
		db.Document{ID: "move", Text: "이사한 뒤 14일 안에 전입신고를 한다." + rest},
		db.Document{ID: "move2", Text: "주소를 옮기면 주민센터에 알린다."},
		db.Document{ID: "coffee", Text: rest + " 커피 원두는 서늘한 곳에 둔다."},
		db.Document{ID: "train", Text: "The winter train is slow."},
	); err != nil {
		t.Fatal(err)
	}
	train, err := builtin.New().EmbedQuery(ctx, "slow trains in winter")
	if err != nil {
		t.Fatal(err)
	}
	var trace db.Trace
	m, err := c.Search(ctx, db.Query{
		Queries: []db.Question{{Text: "커피 원두"}, {Embedding: train, Weight: 3}, {Like: []string{"move"}}},
		K:       10, Snippet: 40, Highlight: true, Trace: &trace,
	})
	if err != nil || trace.Mode != db.Hybrid {
		t.Fatal(trace.Mode, err)
	}
	by := map[string]db.Match{}
	for _, m := range m {
		by[m.Document.ID] = m
	}
	if _, ok := by["move"]; ok || len(m) != 3 || by["train"].Question != 1 {
		t.Errorf("%+v", m)
	}
	if got := by["coffee"]; got.Question != 0 || !strings.Contains(got.Snippet.Text, "커피") || len(got.Highlights) == 0 {
		t.Errorf("%+v", got)
	}
	if _, err := c.Search(ctx, db.Query{Queries: []db.Question{{Text: "x"}, {Like: []string{"nobody"}}}, K: 1}); !errors.Is(err, db.ErrNotFound) || !strings.Contains(err.Error(), "Queries[1]: ") {
		t.Error(err)
	}
	// A question of which the model knows nothing does not stop the others.
	m, err = c.Search(ctx, db.Query{Queries: []db.Question{{Text: "🫠🫠"}, {Text: "winter train"}}, Mode: db.Dense, K: 1})
	if err != nil || len(m) != 1 || m[0].Document.ID != "train" || m[0].Question != 1 {
		t.Error(m, err)
	}
	if f, err := c.Facets(ctx, db.FacetQuery{Fields: []string{"_source"}, Search: &db.Query{Queries: []db.Question{{Text: "train"}, {Text: "커피"}}, K: 3}}); err != nil || f.Documents != 3 {
		t.Error(f, err)
	}
	near := float32(0.2)
	if m, err := c.Search(ctx, db.Query{Queries: []db.Question{{Text: "winter train"}, {Text: "slow train"}}, K: 10, MinCosine: &near}); err != nil || len(m) != 1 {
		t.Error(m, err)
	}
}

func TestInvalidQueries(t *testing.T) {
	t.Parallel()
	c := questionsFixture(t, 5)
	two := []db.Question{{Text: "x"}, {Text: "y"}}
	for want, q := range map[string]db.Query{
		"make that one of the Queries":                {Queries: two, Text: "z", K: 1},
		"Queries has 33 questions, at most 32":        {Queries: make([]db.Question, 33), K: 1},
		"Queries[1]: invalid query: there is nothing": {Queries: []db.Question{{Text: "x"}, {}}, K: 1},
		"Weight is -1":                     {Queries: []db.Question{{Text: "x", Weight: -1}}, K: 1},
		"Weight is +Inf":                   {Queries: []db.Question{{Text: "x", Weight: float32(math.Inf(1))}}, K: 1},
		"search c: invalid query: K is 0":  {Queries: two},
		"Queries[1] is dense where others": {Queries: []db.Question{{Text: "x"}, {Like: []string{"d1"}}}, Fuse: db.FuseBest, K: 1},
		"unknown fuse 7":                   {Queries: two, Fuse: 7, K: 1},
		"Mode lexical needs a text":        {Queries: []db.Question{{Text: "x"}, {Embedding: make([]float32, 384)}}, Mode: db.Lexical, K: 1},
	} {
		_, err := c.Search(t.Context(), q)
		if !errors.Is(err, db.ErrInvalidQuery) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// batching counts calls.
type batching struct {
	embedder.Embedder
	single, batches atomic.Int64
}

func (e *batching) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	e.single.Add(1)
	return e.Embedder.EmbedQuery(ctx, text)
}

func (e *batching) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	e.batches.Add(1)
	return embedder.EmbedQueries(ctx, e.Embedder, texts)
}

func TestQueriesAreEmbeddedAtOnce(t *testing.T) {
	t.Parallel()
	e := &batching{Embedder: builtin.New()}
	d := open(t, t.TempDir(), &db.Options{Embedder: e})
	c := collection(t, d, "c", nil)
	if _, err := c.Upsert(t.Context(), db.Document{Text: "a winter train"}); err != nil {
		t.Fatal(err)
	}
	e.single.Store(0)
	q := db.Query{Queries: []db.Question{{Text: "train"}, {Text: "winter"}, {Text: "snow"}}, K: 1}
	if _, err := c.Search(t.Context(), q); err != nil || e.single.Load() != 0 || e.batches.Load() != 1 {
		t.Errorf("%d single calls, %d batches, %v", e.single.Load(), e.batches.Load(), err)
	}
	q.Mode = db.Lexical
	if _, err := c.Search(t.Context(), q); err != nil || e.batches.Load() != 1 {
		t.Errorf("%d batches, %v", e.batches.Load(), err)
	}
}

// For a figure: go test ./db -run xxx -bench Queries.
func BenchmarkQueries(b *testing.B) {
	c := questionsFixture(b, 5000)
	texts := []db.Question{{Text: "서울에서 부산까지 여행"}, {Text: "winter train to the garden"}, {Text: "김치 요리를 배우는 법"}}
	for _, n := range []int{1, 3} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := range b.N {
				q := db.Query{Queries: texts[:n], K: 10}
				if n == 1 {
					q.Queries, q.Text = nil, texts[i%3].Text
				}
				if _, err := c.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(time.Millisecond/time.Microsecond), "ms/op")
		})
	}
}
