package db_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"strings"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// check ends an example that failed.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "frony-db-")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()

	d, err := db.Open(dir, &db.Options{Embedder: builtin.New()})
	check(err)
	defer func() { check(d.Close()) }()
	notes, err := d.Collection(ctx, "notes", nil)
	check(err)
	_, err = notes.Upsert(ctx,
		db.Document{ID: "kimchi", Text: "김치찌개는 신김치로 끓여야 국물이 깊다"},
		db.Document{ID: "move", Text: "이사하면 14일 안에 전입신고를 한다"},
		db.Document{ID: "hnsw", Text: "HNSW is a graph for approximate nearest-neighbour search"},
	)
	check(err)
	matches, err := notes.Search(ctx, db.Query{Text: "전입신고는 며칠 안에 하나요?", K: 1})
	check(err)
	fmt.Println(matches[0].Document.ID, matches[0].Document.Text)
	// Output: move 이사하면 14일 안에 전입신고를 한다
}

func ExampleCollection_Search_filter() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "frony-db-")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	d, err := db.Open(dir, &db.Options{Embedder: builtin.New()})
	check(err)
	defer func() { check(d.Close()) }()
	c, err := d.Collection(ctx, "articles", nil)
	check(err)
	_, err = c.Upsert(ctx,
		db.Document{ID: "a", Text: "제주 올레길 걷기", Metadata: db.Metadata{"lang": "ko", "year": 2019}},
		db.Document{ID: "b", Text: "제주 올레길 새 코스", Metadata: db.Metadata{"lang": "ko", "year": 2024, "tags": []string{"walk"}}},
		db.Document{ID: "c", Text: "Walking the Jeju Olle trail", Metadata: db.Metadata{"lang": "en", "year": 2024}},
	)
	check(err)
	where := filter.And(filter.Eq("lang", "ko"), filter.Ge("year", 2020))
	matches, err := c.Search(ctx, db.Query{Text: "제주 올레길", K: 10, Filter: where})
	check(err)
	for _, m := range matches {
		fmt.Println(m.Document.ID)
	}
	// The same filter as text, as users type it.
	where, err = filter.Parse(`tags CONTAINS "walk" OR NOT lang = "ko"`)
	check(err)
	n, err := c.Count(ctx, where)
	check(err)
	fmt.Println(n)
	// Output:
	// b
	// 2
}

func ExampleCollection_UpsertChunks() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "frony-db-")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	d, err := db.Open(dir, &db.Options{Embedder: builtin.New()})
	check(err)
	defer func() { check(d.Close()) }()
	c, err := d.Collection(ctx, "handbook", nil)
	check(err)
	guide := `# 사내 안내

## 휴가

연차는 사흘 전에 신청한다. 급한 날에는 전화로 알린다.

## 출장

출장비는 돌아온 뒤 일주일 안에 청구한다. 영수증을 붙인다.
`
	_, err = c.UpsertChunks(ctx, chunk.Options{Format: chunk.Markdown, MaxTokens: 40}, db.Document{ID: "guide.md", Text: guide})
	check(err)
	// One result per document: its best chunk.
	matches, err := c.Search(ctx, db.Query{Text: "휴가는 언제까지 신청하나요?", K: 5, PerSource: 1})
	check(err)
	for _, m := range matches {
		fmt.Println(m.Document.Source, m.Document.Metadata[db.MetaHeading])
	}
	// Output: guide.md [사내 안내 휴가]
}

// letters is a custom embedder that counts letters. A real one calls a model; test it
// with embeddertest.Run.
type letters struct{}

func (letters) embed(text string) []float32 {
	v := make([]float32, 64)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(word))
		v[h.Sum32()%64]++
	}
	v[0] += 0.01 // no vector is zero
	var sum float64
	for _, x := range v {
		sum += float64(x * x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func (l letters) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = l.embed(t)
	}
	return out, nil
}

func (l letters) EmbedQuery(_ context.Context, text string) ([]float32, error) {
	return l.embed(text), nil
}

func (letters) Spec() embedder.Spec {
	return embedder.Spec{Model: "example/letters", Revision: "1", Dims: 64, HeadDims: 64, Pooling: "bag"}
}

func ExampleOptions_embedder() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "frony-db-")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	d, err := db.Open(dir, &db.Options{Embedder: letters{}})
	check(err)
	defer func() { check(d.Close()) }()
	c, err := d.Collection(ctx, "words", nil)
	check(err)
	_, err = c.Insert(ctx, db.Document{ID: "1", Text: "red apple"}, db.Document{ID: "2", Text: "blue sky"})
	check(err)
	matches, err := c.Search(ctx, db.Query{Text: "the blue sky", K: 1, Mode: db.Dense})
	check(err)
	fmt.Println(matches[0].Document.Text, c.Model().Model)
	// Output: blue sky example/letters
}

func ExampleCollection_Reembed() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "frony-db-")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	d, err := db.Open(dir, &db.Options{Embedder: letters{}})
	check(err)
	defer func() { check(d.Close()) }()
	c, err := d.Collection(ctx, "notes", nil)
	check(err)
	_, err = c.Insert(ctx, db.Document{ID: "1", Text: "빨간 사과"}, db.Document{ID: "2", Text: "푸른 하늘"})
	check(err)

	// Searches and writes continue meanwhile, also with this handle.
	r, err := c.Reembed(ctx, builtin.New(), nil)
	check(err)
	fmt.Println(r.Embedded, "texts:", r.From.Model.Model, r.From.Dims, "→", r.To.Model.Model, r.To.Dims)
	matches, err := c.Search(ctx, db.Query{Text: "a red apple", K: 1, Mode: db.Dense})
	check(err)
	fmt.Println(matches[0].Document.Text)

	check(c.Confirm(ctx)) // or c.Rollback(ctx, &db.RollbackOptions{Embedder: letters{}})
	// Output:
	// 2 texts: example/letters 64 → frony-db/builtin 384
	// 빨간 사과
}
