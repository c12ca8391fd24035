package db_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/internal/nfc"
)

// oddMetadata is metadata in which a field has a type of its own in each document, and
// one value has several forms.
func oddMetadata(rng *rand.Rand) db.Metadata {
	m := db.Metadata{}
	if rng.IntN(4) > 0 {
		m["lang"] = []string{"ko", "en", "ja"}[rng.IntN(3)]
	}
	if rng.IntN(3) > 0 {
		m["n"] = []any{rng.IntN(30), float64(rng.IntN(30)), rng.NormFloat64(), int64(1) << 60}[rng.IntN(4)]
	}
	if rng.IntN(3) > 0 {
		day := 1 + rng.IntN(20)
		m["day"] = []any{
			fmt.Sprintf("2024-05-%02d", day), fmt.Sprintf("2024.5.%d.", day), fmt.Sprintf("2024-05-%02dT09:00:00+09:00", day),
			time.Date(2024, 5, day, 0, 0, 0, 0, time.UTC), "someday",
		}[rng.IntN(5)]
	}
	if rng.IntN(2) == 0 {
		m["tags"] = []string{"김치", "Kimchi", "tea", "tea", "2024-05-01"}[:rng.IntN(6)]
	}
	m["any"] = []any{
		"메", "\u1106\u1166", "1", 1, 1.0, true, []string{"메", "b"}, []int{1, 2}, []float64{1, 0.5}, "2024-05-01", strings.Repeat("가", 100) + fmt.Sprint(rng.IntN(3)),
	}[rng.IntN(11)]
	if rng.IntN(50) == 0 {
		m["rare"] = rng.IntN(5)
	}
	return m
}

// The facets' specification: a count is the number of documents that equal or contain the
// value, each value occurs once, and none is missing.
func checkFacet(t *testing.T, docs []db.Document, f db.Facet, top int, prefix string) {
	t.Helper()
	type counted struct {
		v filter.Value
		n int
	}
	values := map[string]*counted{}
	documents := 0
	var numbers, times []filter.Value
	for _, d := range docs {
		x, ok := d.Metadata[f.Field]
		if f.Field == filter.FieldSource {
			x, ok = filter.Text(d.Source), d.Source != ""
		}
		if !ok {
			continue
		}
		documents++
		var all []any
		switch x := x.(type) {
		case []string:
			for _, s := range x {
				all = append(all, filter.Text(nfc.Compose(s)))
			}
		case []int64, []float64:
			for r, i := reflect.ValueOf(x), 0; i < r.Len(); i++ {
				all = append(all, r.Index(i).Interface())
			}
		default:
			all = []any{x}
		}
		seen := map[string]bool{}
		for _, x := range all {
			v, err := filter.ValueOf(x)
			if err != nil {
				t.Fatal(err)
			}
			switch v.Type() {
			case filter.TypeNumber:
				numbers = append(numbers, v)
			case filter.TypeTime:
				times = append(times, v)
			case filter.TypeBool, filter.TypeString:
			}
			key := string(v.AppendKey(nil))
			if seen[key] {
				continue
			}
			seen[key] = true
			if values[key] == nil {
				values[key] = &counted{v: v}
			}
			values[key].n++
		}
	}
	var want []counted
	for _, c := range values {
		if prefix == "" || strings.HasPrefix(strings.ToLower(c.v.Text()), strings.ToLower(prefix)) && c.v.Text() != "" {
			want = append(want, *c)
		} else if c.v.Type() == filter.TypeTime {
			t.Fatal("times have several forms: the model knows no prefix of them")
		}
	}
	order := func(a, b filter.Value) int {
		c, _ := a.Compare(b)
		return cmp.Or(cmp.Compare(a.Type(), b.Type()), c)
	}
	slices.SortFunc(want, func(a, b counted) int { return cmp.Or(cmp.Compare(b.n, a.n), order(a.v, b.v)) })
	if f.Documents != documents || f.Distinct != len(want) || len(f.Values) != min(top, len(want)) {
		t.Fatalf("%s: %d documents, %d values, %d listed; want %d, %d", f.Field, f.Documents, f.Distinct, len(f.Values), documents, len(want))
	}
	for i, got := range f.Values {
		v, err := filter.ValueOf(got.Value)
		if err != nil {
			t.Fatal(err)
		}
		if want[i].v.Type() == filter.TypeString {
			v, _ = filter.ValueOf(filter.Text(got.Value.(string)))
		}
		if got.Documents != want[i].n || order(v, want[i].v) != 0 {
			t.Fatalf("%s: value %d is %v, want %v × %d", f.Field, i, got, want[i].v, want[i].n)
		}
	}
	slices.SortFunc(numbers, order)
	slices.SortFunc(times, order)
	var least, most any
	var first, last time.Time
	if len(numbers) > 0 {
		least, most = numbers[0].Any(), numbers[len(numbers)-1].Any()
	}
	if len(times) > 0 {
		first, last = times[0].Any().(time.Time), times[len(times)-1].Any().(time.Time)
	}
	if f.Min != least || f.Max != most || !f.First.Equal(first) || !f.Last.Equal(last) {
		t.Fatalf("%s: from %v to %v and %v to %v, want %v to %v and %v to %v", f.Field, f.Min, f.Max, f.First, f.Last, least, most, first, last)
	}
}

// faceted is a collection with documents of odd metadata, of which some were replaced,
// some deleted and some have expired, and those that are there, by id.
func faceted(t *testing.T, rng *rand.Rand, d *db.DB, n int) (*db.Collection, map[string]db.Document) {
	t.Helper()
	c := collection(t, d, "c", &db.CollectionOptions{Dims: 4})
	there := map[string]db.Document{}
	for range 3 {
		var batch []db.Document
		for id := range n {
			if rng.IntN(3) == 0 {
				continue
			}
			doc := db.Document{ID: fmt.Sprintf("%d-%d", id%7, id), Embedding: []float32{1, float32(rng.NormFloat64()), float32(rng.NormFloat64()), 0}, Metadata: oddMetadata(rng)}
			if rng.IntN(2) == 0 {
				doc.Source = fmt.Sprintf("2024-05-%d.md", rng.IntN(9))
			}
			if rng.IntN(10) == 0 {
				doc.Expires = time.Now().Add(-time.Minute)
			}
			batch = append(batch, doc)
		}
		for part := range slices.Chunk(batch, 500) {
			if _, err := c.Upsert(t.Context(), part...); err != nil {
				t.Fatal(err)
			}
		}
		for _, doc := range batch {
			if there[doc.ID] = doc; !doc.Expires.IsZero() {
				delete(there, doc.ID)
			}
		}
		for id := range there {
			if rng.IntN(20) == 0 {
				if _, err := c.Delete(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				delete(there, id)
			}
		}
	}
	for id, doc := range there { // as it is stored
		got, err := c.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		doc.Metadata = got[0].Metadata
		there[id] = doc
	}
	return c, there
}

func meeting(docs map[string]db.Document, where filter.Expr) (out []db.Document) {
	for _, d := range docs {
		if where.MatchMap(d.Metadata) {
			out = append(out, d)
		}
	}
	return out
}

// having is a filter for the documents that a facet counts.
func having(field string, v any) filter.Expr {
	if _, ok := v.(bool); ok { // no list has one
		return filter.Eq(field, v)
	}
	return filter.Or(filter.Eq(field, v), filter.Contains(field, v))
}

func oddFilter(rng *rand.Rand) filter.Expr {
	return []filter.Expr{
		filter.All(), filter.Eq("lang", "ko"), filter.Gt("n", 10), filter.Not(filter.Exists("day")), filter.Contains("tags", "tea"), filter.Exists("rare"), filter.Eq("lang", "xx"),
	}[rng.IntN(7)]
}

// TestFacets compares facets and fields with a simple model.
func TestFacets(t *testing.T) {
	t.Parallel()
	rng := random(t)
	dir := t.TempDir()
	opts := &db.Options{SyncEvery: time.Second}
	d := open(t, dir, opts)
	c, there := faceted(t, rng, d, 600)
	fields := []string{"lang", "n", "day", "tags", "any", "rare", "none", "_source"}
	check := func() {
		t.Helper()
		for range 20 {
			where, top := oddFilter(rng), 1+rng.IntN(12)
			docs := meeting(there, where)
			got, err := c.Facets(t.Context(), db.FacetQuery{Fields: fields, Filter: where, Top: top})
			if err != nil || got.Documents != len(docs) {
				t.Fatal(got.Documents, len(docs), err)
			}
			for i, f := range got.Facets {
				if f.Field != fields[i] {
					t.Fatalf("%q is facet %d", f.Field, i)
				}
				checkFacet(t, docs, f, top, "")
				for _, v := range f.Values[:min(2, len(f.Values))] {
					n, err := c.Count(t.Context(), filter.And(where, having(f.Field, v.Value)))
					if err != nil || n != v.Documents {
						t.Errorf("%s = %v: a filter counts %d, the facet %d; %v", f.Field, v.Value, n, v.Documents, err)
					}
				}
			}
			for _, prefix := range []string{"k", "K", "KI", "김", "x", "%"} {
				got, err := c.Facets(t.Context(), db.FacetQuery{Fields: []string{"lang", "tags"}, Filter: where, Top: top, Prefix: prefix})
				if err != nil {
					t.Fatal(err)
				}
				checkFacet(t, docs, got.Facets[0], top, prefix)
				checkFacet(t, docs, got.Facets[1], top, prefix)
			}
			// Of a search: the results, and no other.
			q := db.Query{Embedding: []float32{1, 0, 0, 0}, K: 1 + rng.IntN(50), Offset: rng.IntN(20), Exact: true, Filter: filter.Ne("lang", "en")}
			all := q
			all.Filter = filter.And(where, q.Filter)
			matches, err := c.Search(t.Context(), all)
			if err != nil {
				t.Fatal(err)
			}
			docs = nil
			for _, m := range matches {
				docs = append(docs, m.Document)
			}
			if got, err = c.Facets(t.Context(), db.FacetQuery{Fields: fields, Filter: where, Top: top, Search: &q}); err != nil || got.Documents != len(docs) {
				t.Fatal(got.Documents, len(docs), err)
			}
			for _, f := range got.Facets {
				checkFacet(t, docs, f, top, "")
			}
			checkFields(t, c, meeting(there, where), where)
		}
	}
	check()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, opts)
	c = collection(t, d, "c", nil)
	check()
}

func checkFields(t *testing.T, c *db.Collection, docs []db.Document, where filter.Expr) {
	t.Helper()
	got, err := c.Fields(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	count, types := map[string]int{}, map[string]map[string]int{}
	for _, d := range docs {
		for name, v := range d.Metadata {
			kind := ""
			switch v := v.(type) {
			case bool:
				kind = "boolean"
			case int64, float64:
				kind = "number"
			case []string:
				kind = "list of strings"
			case []int64, []float64:
				kind = "list of numbers"
			case time.Time:
				kind = "time"
			case string:
				kind = "string"
				if _, ok := filter.ParseTime(v, nil); ok {
					kind = "time"
				}
			}
			if count[name]++; types[name] == nil {
				types[name] = map[string]int{}
			}
			types[name][kind]++
		}
	}
	if len(got) != len(count) {
		t.Fatalf("%d fields, want %v", len(got), count)
	}
	for i, f := range got {
		of := map[string]int{}
		for _, k := range f.Types {
			of[k.Type] = k.Documents
		}
		if f.Documents != count[f.Name] || f.Share != float64(f.Documents)/float64(len(docs)) || !reflect.DeepEqual(of, types[f.Name]) {
			t.Errorf("%+v, want %d of %d with %v", f, count[f.Name], len(docs), types[f.Name])
		}
		if i > 0 && got[i-1].Documents < f.Documents {
			t.Errorf("%s comes before %s", got[i-1].Name, f.Name)
		}
		for _, x := range f.Examples {
			n, err := c.Count(t.Context(), filter.And(where, having(f.Name, x)))
			if err != nil || n == 0 {
				t.Errorf("%s: the example %v is of no document; %v", f.Name, x, err)
			}
		}
	}
}

func TestFacetsAreChecked(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	for _, q := range []db.FacetQuery{
		{},
		{Fields: []string{""}},
		{Fields: []string{"_id"}},
		{Fields: make([]string, 101)},
		{Fields: []string{"a"}, Top: -1},
		{Fields: []string{"a"}, Top: 10_001},
		{Fields: []string{"a"}, Prefix: "\xff"},
		{Fields: []string{"a"}, Search: &db.Query{}},
	} {
		if _, err := c.Facets(t.Context(), q); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	got, err := c.Facets(t.Context(), db.FacetQuery{Fields: []string{"a"}})
	if err != nil || got.Documents != 0 || len(got.Facets) != 1 || got.Facets[0].Values == nil {
		t.Errorf("of nothing: %+v, %v", got, err)
	}
	if _, err := c.Insert(t.Context(), db.Document{Text: "x", Metadata: db.Metadata{"lang": "ko"}}); err != nil {
		t.Fatal(err)
	}
	got, err = c.Facets(t.Context(), db.FacetQuery{Fields: []string{"lnag"}, Search: &db.Query{Text: "x", K: 3, Mode: db.Lexical}})
	if err != nil || got.Documents != 1 || !slices.Equal(got.Warnings, []string{`no document has the field "lnag"; did you mean "lang"?`}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// BenchmarkFacets counts, sorts and describes 100,000 documents.
func BenchmarkFacets(b *testing.B) {
	const n = 100_000
	rng := random(b)
	d := open(b, b.TempDir(), &db.Options{SyncEvery: time.Second})
	c := collection(b, d, "c", &db.CollectionOptions{Dims: 4})
	for i := 0; i < n; i += 1000 {
		docs := make([]db.Document, 1000)
		for j := range docs {
			docs[j] = db.Document{ID: fmt.Sprint(rng.Uint64()), Embedding: []float32{1, float32(rng.NormFloat64()), 0, 0}, Metadata: db.Metadata{
				"lang": []string{"ko", "en", "ja"}[rng.IntN(3)], "year": 1990 + rng.IntN(35), "user": fmt.Sprint("user-", rng.IntN(1000)),
				"price": float64(rng.IntN(100_000)) / 100, "at": time.Unix(1.7e9+int64(60*(i+j)), 0).UTC().Format(time.RFC3339),
				"title": fmt.Sprint("document ", rng.Uint64()), "tags": []string{"a", "b", "c", "d", "e"}[rng.IntN(3) : 3+rng.IntN(3)],
			}}
		}
		if _, err := c.Insert(b.Context(), docs...); err != nil {
			b.Fatal(err)
		}
	}
	page := func(s db.Scan) func() error {
		return func() error {
			for _, err := range c.Scan(b.Context(), s) {
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	facets := func(q db.FacetQuery) func() error {
		return func() error { _, err := c.Facets(b.Context(), q); return err }
	}
	ko := filter.Eq("lang", "ko")
	newest := []db.SortKey{{Field: "at", Descending: true}}
	cases := []struct {
		name string
		f    func() error
	}{
		{"count", func() error { _, err := c.Count(b.Context(), filter.All()); return err }},
		{"count where", func() error { _, err := c.Count(b.Context(), ko); return err }},
		{"facet of 3", facets(db.FacetQuery{Fields: []string{"lang"}})},
		{"facet of 3 where", facets(db.FacetQuery{Fields: []string{"lang"}, Filter: ko})},
		{"facet of 1000", facets(db.FacetQuery{Fields: []string{"user"}})},
		{"facet of tags", facets(db.FacetQuery{Fields: []string{"tags"}})},
		{"facet of 63000 floats", facets(db.FacetQuery{Fields: []string{"price"}})},
		{"facet of 100000 texts", facets(db.FacetQuery{Fields: []string{"title"}})},
		{"facet of 100000 texts, prefix", facets(db.FacetQuery{Fields: []string{"title"}, Prefix: "document 12"})},
		{"facets of 100 results", facets(db.FacetQuery{Fields: []string{"lang", "year", "user"}, Search: &db.Query{Embedding: []float32{1, 0, 0, 0}, K: 100}})},
		{"fields", func() error { _, err := c.Fields(b.Context(), filter.All()); return err }},
		{"20 in order of ids", page(db.Scan{Limit: 20})},
		{"newest 20", page(db.Scan{Limit: 20, Sort: newest})},
		{"newest 20 where", page(db.Scan{Limit: 20, Sort: newest, Filter: ko})},
		{"oldest 20", page(db.Scan{Limit: 20, Sort: []db.SortKey{{Field: "at"}}})},
		{"20 by lang", page(db.Scan{Limit: 20, Sort: []db.SortKey{{Field: "lang"}}})},
		{"20 by year, title", page(db.Scan{Limit: 20, Sort: []db.SortKey{{Field: "year", Descending: true}, {Field: "title"}}})},
	}
	took := make([][]float64, len(cases))
	for b.Loop() {
		for i, k := range cases { // in turns, so that noise meets all
			start := time.Now()
			if err := k.f(); err != nil {
				b.Fatal(err)
			}
			took[i] = append(took[i], float64(time.Since(start).Microseconds())/1000)
		}
	}
	for i, k := range cases {
		slices.Sort(took[i])
		b.ReportMetric(took[i][len(took[i])/2], strings.ReplaceAll(k.name, " ", "_")+"-ms")
	}
}

// TestFacetsSeeWholeBatches: updates change columns in their place; facets, sorted scans and
// groups see all of a batch or nothing of it.
func TestFacetsSeeWholeBatches(t *testing.T) {
	t.Parallel()
	const n, groups = 300, 30
	c := collection(t, open(t, t.TempDir(), &db.Options{SyncEvery: time.Second}), "c", &db.CollectionOptions{Dims: 4})
	write := func(k int) error {
		docs := make([]db.Document, n)
		for i := range docs {
			docs[i] = db.Document{
				ID: fmt.Sprint(i), Embedding: []float32{1, float32(i), 0, 0},
				Metadata: db.Metadata{"round": k, "n": (i + k) % n, "group": (i + k) % n / (n / groups), fmt.Sprint("field", k%3): true},
			}
		}
		_, err := c.Upsert(t.Context(), docs...)
		return err
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	rounds := 80
	if testing.Short() {
		rounds = 30
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for k := 1; k <= rounds && err == nil; k++ {
			err = write(k)
		}
		done <- err
	}()
	for looks := 0; ; looks++ {
		f, err := c.Facets(t.Context(), db.FacetQuery{Fields: []string{"round", "n"}})
		if err != nil || len(f.Facets[0].Values) != 1 || f.Facets[0].Values[0].Documents != n || f.Facets[1].Distinct != n {
			t.Fatalf("%+v, %v", f, err)
		}
		fields, err := c.Fields(t.Context(), filter.All())
		if err != nil || len(fields) != 4 || fields[0].Documents != n || fields[3].Documents != n {
			t.Fatalf("%+v, %v", fields, err)
		}
		at := int64(0)
		for d, err := range c.Scan(t.Context(), db.Scan{Sort: []db.SortKey{{Field: "n"}}, Limit: 100}) {
			if err != nil || d.Metadata["n"] != at {
				t.Fatalf("document %d has %v, %v", at, d.Metadata, err)
			}
			at++
		}
		m, err := c.Search(t.Context(), db.Query{Embedding: []float32{1, 1, 0, 0}, K: n, GroupBy: "group", Exact: true})
		if err != nil || len(m) != groups {
			t.Fatalf("%d groups, %v", len(m), err)
		}
		select {
		case err := <-done:
			if err != nil || looks < 5 {
				t.Fatal(looks, err)
			}
			return
		default:
		}
	}
}
