package enginetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

func ids(docs []db.Document) string {
	var b strings.Builder
	for i := range docs {
		b.WriteString(docs[i].ID + " ")
	}
	return b.String()
}

func testScan(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	docs := documents(700, 6)
	docs = append(docs, db.Document{ID: "가", Text: "x"}, db.Document{ID: "a", Text: "x"}, db.Document{ID: "Z", Text: "x"}, db.Document{ID: "😀", Text: "x"})
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, docs...) })
	p.same()
	for _, limit := range []int{1, 7, 500, 501} {
		for _, where := range []filter.Expr{filter.All(), filter.Exists("a"), filter.ILike("title", "%서울%")} {
			do(p, fmt.Sprint("pages of ", limit), func(c engine.Collection) (pages string, err error) {
				s := db.Scan{Limit: limit, Filter: where, Fields: db.FieldsNone}
				for range 4 {
					docs, err := scanned(t, c, s)
					if err != nil || len(docs) == 0 {
						return pages, err
					}
					pages += ids(docs) + "| "
					s = s.Next(&docs[len(docs)-1])
				}
				return pages, nil
			})
		}
	}
	do(p, "a bad scan", func(c engine.Collection) ([]db.Document, error) { return scanned(t, c, db.Scan{Limit: -1}) })
	// A loop may end early.
	for range p.got.Scan(ctx, db.Scan{}) {
		break
	}
}

func testSort(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, documents(150, 7)...) })
	for _, keys := range [][]db.SortKey{
		{{Field: "a"}},
		{{Field: "a", Descending: true}},
		{{Field: "_source"}, {Field: "b", Descending: true}},
		{{Field: "missing"}},
		{{Field: "title"}},
		{{Field: "_id"}},
		{{Field: "a"}, {Field: "b"}, {Field: "c d"}},
	} {
		for _, where := range []filter.Expr{filter.All(), filter.Exists("b")} {
			do(p, fmt.Sprint(keys), func(c engine.Collection) (pages string, err error) {
				s := db.Scan{Limit: 40, Sort: keys, Filter: where}
				for {
					docs, err := scanned(t, c, s)
					if err != nil || len(docs) == 0 {
						return pages, err
					}
					pages += ids(docs) + "| "
					s = s.Next(&docs[len(docs)-1])
				}
			})
		}
	}
}

func testFilters(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	docs := documents(300, 8)
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, docs...) })
	r := rand.New(rand.NewPCG(8, 8))
	met := 0
	for i := range 400 {
		w := where(r, i%4)
		if w.Validate(filter.Limits{}) != nil {
			continue
		}
		got := do(p, w.String(), func(c engine.Collection) (string, error) {
			docs, err := scanned(t, c, db.Scan{Filter: w, Fields: db.FieldsNone})
			return ids(docs), err
		})
		if got != "" {
			met++
		}
		do(p, "count of "+w.String(), func(c engine.Collection) (int, error) { return c.Count(ctx, w) })
	}
	if met < 200 {
		t.Errorf("only %d filters were met by anything", met)
	}
	do(p, "a filter that is too deep", func(c engine.Collection) (int, error) {
		w := filter.Eq("a", 1)
		for range 40 {
			w = filter.Not(filter.And(w, filter.Eq("b", 1)))
		}
		return c.Count(ctx, w)
	})
	// A field "id" takes the name from the ids.
	do(p, "insert", func(c engine.Collection) ([]string, error) {
		return c.Insert(ctx, db.Document{ID: "x1", Text: "x", Metadata: db.Metadata{"id": "d0005"}})
	})
	for _, w := range []filter.Expr{filter.Eq("id", "d0005"), filter.Eq("_id", "d0005"), filter.Like("id", "d%"), filter.Exists("id")} {
		do(p, "with a field id: "+w.String(), func(c engine.Collection) (string, error) {
			docs, err := scanned(t, c, db.Scan{Filter: w, Fields: db.FieldsNone})
			return ids(docs), err
		})
	}
}

func testFacets(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	do(p, "facets of nothing", func(c engine.Collection) (db.Facets, error) {
		return c.Facets(ctx, db.FacetQuery{Fields: []string{"a"}})
	})
	do(p, "insert", func(c engine.Collection) ([]string, error) { return c.Insert(ctx, documents(200, 9)...) })
	for _, q := range []db.FacetQuery{
		{Fields: fieldNames},
		{Fields: []string{"a", "_source"}, Top: 3, Filter: filter.Exists("b")},
		{Fields: []string{"a", "b"}, Prefix: "k"},
		{Fields: []string{"a"}, Filter: filter.ILike("title", "%서%")},
		{Fields: []string{"a", "misspelt"}},
		{Fields: []string{"a", "b"}, Search: &db.Query{Text: "서울의 날씨", K: 30}},
		{Fields: []string{"a"}, Search: &db.Query{Text: "서울", K: 10, Mode: db.Lexical}, Filter: filter.Exists("b")},
		{},
		{Fields: []string{"_id"}},
	} {
		do(p, fmt.Sprintf("facets %+v", q), func(c engine.Collection) (db.Facets, error) {
			f, err := c.Facets(ctx, q)
			slices.Sort(f.Warnings)
			return f, err
		})
	}
	for _, w := range []filter.Expr{filter.All(), filter.Exists("a"), filter.Like("title", "서울%"), filter.None()} {
		do(p, "fields of "+w.String(), func(c engine.Collection) (string, error) {
			f, err := c.Fields(ctx, w)
			return fmt.Sprintf("%+v", f), err
		})
	}
}

func testWarnings(t *testing.T, e Engine) {
	p := newPair(t, e)
	ctx := t.Context()
	warn := func(w filter.Expr, fields ...string) {
		do(p, "warnings of "+w.String(), func(c engine.Collection) (string, error) {
			list, err := c.FilterWarnings(ctx, w, fields...)
			return strings.Join(list, "\n"), err
		})
	}
	warn(filter.Eq("lang", "ko"))
	do(p, "insert", func(c engine.Collection) ([]string, error) {
		return c.Insert(ctx, db.Document{ID: "a", Text: "x", Metadata: db.Metadata{"lang": "ko", "year": 2024, "tags": []string{"x"}}})
	})
	warn(filter.Eq("lang", "ko"), "lang", "language")
	warn(filter.Eq("langs", "ko"))
	warn(filter.And(filter.Eq("year", "2024"), filter.Contains("lang", "k")))
	warn(filter.Lt("tags", 3))
}
