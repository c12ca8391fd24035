package db_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// inNames are documents whose ids and sources have edges: ids that look like times, that
// are numbers, that begin alike, and that are decomposed.
func inNames(rng *rand.Rand) []db.Document {
	var docs []db.Document
	for i, id := range []string{
		"a", "a#0", "a#1", "ab", "A", "a%b", "a_b", "2024-05-01", "2024.05.01", "7", "07", "인사/규정.md", "인사/규정.md#0",
		"\u110b\u1175\u11ab\u1109\u1161/규정.md#1", "id with spaces", "z",
	} {
		docs = append(docs, db.Document{ID: id, Metadata: db.Metadata{"n": i, "title": "Title " + id}})
	}
	for i := range 1500 {
		docs = append(docs, db.Document{ID: fmt.Sprintf("doc-%04d", i), Metadata: db.Metadata{"n": i % 7}})
	}
	sources := []string{"", "a.md", "docs/a.md", "docs/B.md", "2024-05-01", "보고서.md", "\u1107\u1169\u1100\u1169\u1109\u1165.md"}
	for i := range docs {
		docs[i].Source = sources[i%len(sources)]
		docs[i].Embedding = []float32{rng.Float32() + 0.1, rng.Float32(), rng.Float32(), rng.Float32()}
	}
	return docs
}

func precomputed(t *testing.T, d *db.DB, name string, dims int) *db.Collection {
	t.Helper()
	c, err := d.Collection(t.Context(), name, &db.CollectionOptions{Precomputed: true, Dims: dims})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFilterNames compares filters on ids, sources and texts, in every operation, with
// the documents one by one.
func TestFilterNames(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := precomputed(t, open(t, t.TempDir(), nil), "c", 4)
	docs := inNames(rng)
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{
		`_id = "a"`, `id = "a"`, `_id = "2024-05-01"`, `_id != "a"`, `_id = "none"`, `_id = "인사/규정.md#1"`, `_id = 7`, `_id = "7"`,
		`_id IN ("a", "z", "none", "doc-0007", 3)`, `_id NOT IN ("a", "doc-0007")`, `id IN ()`,
		`_id STARTS WITH "a"`, `_id STARTS WITH ""`, `_id STARTS WITH "인사/"`, `_id STARTS WITH "인사/규정.md#"`, `_id STARTS WITH "이"`,
		`_id LIKE "a%"`, `_id LIKE "%#_"`, `_id LIKE "a\\%b"`, `_id LIKE "a_b"`, `_id LIKE "doc-%9"`, `_id ILIKE "A"`, `_id NOT LIKE "doc-%"`,
		`_id > "doc-1000" AND _id <= "doc-1010"`, `_id >= "2024-05-01" AND _id < "2025"`, `EXISTS _id`, `_id CONTAINS "a"`,
		`_source = "docs/a.md"`, `_source IN ("a.md", "2024-05-01")`, `_source = "보고서.md"`, `_source != "a.md"`, `EXISTS _source`,
		`_source STARTS WITH "docs/"`, `_source ILIKE "%b.MD"`, `_source > "docs" AND n = 3`, `NOT EXISTS _source AND _id LIKE "doc-00%"`,
		`title STARTS WITH "Title 인사"`, `title ILIKE "title A%"`, `n = 3 OR n = 5 OR _id = "z"`, `n != 3 AND n != 5`,
	} {
		e, err := filter.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		checkFilter(t, c, docs, e)
	}
	long := make([]any, 10_000)
	for i := range long {
		long[i] = fmt.Sprintf("doc-%04d", i)
	}
	checkFilter(t, c, docs, filter.In("_id", long...))
	if n, err := c.DeleteWhere(t.Context(), filter.StartsWith("_id", "인사")); n != 3 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if n, err := c.DeleteWhere(t.Context(), filter.Eq("id", "a")); n != 1 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
	if n, err := c.DeleteWhere(t.Context(), filter.Eq("_source", "보고서.md")); n < 400 || err != nil {
		t.Errorf("deleted %d, %v", n, err)
	}
}

// names evaluates a filter on a document, with its id and source as texts.
func names(e filter.Expr, d *db.Document) bool {
	switch e.Kind() {
	case filter.KindAll:
		return true
	case filter.KindNone:
		return false
	case filter.KindNot:
		return !names(e.Args()[0], d)
	case filter.KindAnd:
		return !slices.ContainsFunc(e.Args(), func(a filter.Expr) bool { return !names(a, d) })
	case filter.KindOr:
		return slices.ContainsFunc(e.Args(), func(a filter.Expr) bool { return names(a, d) })
	default:
	}
	value := func(s string) bool {
		return e.AsText().Match(func(string) (any, bool) { return filter.Text(composed(s)), s != "" })
	}
	switch e.Condition().Field {
	case "_id", "id":
		return value(d.ID)
	case "_source":
		return value(d.Source)
	}
	return e.MatchMap(d.Metadata)
}

func composed(s string) string {
	return strings.NewReplacer("\u110b\u1175\u11ab\u1109\u1161", "인사", "\u1107\u1169\u1100\u1169\u1109\u1165", "보고서").Replace(s)
}

func checkFilter(t *testing.T, c *db.Collection, docs []db.Document, e filter.Expr) {
	t.Helper()
	var want []string
	for i := range docs {
		if names(e, &docs[i]) {
			want = append(want, docs[i].ID)
		}
	}
	slices.Sort(want)
	if n, err := c.Count(t.Context(), e); n != len(want) || err != nil {
		t.Errorf("%.80s: count %d, %v, want %d", e, n, err, len(want))
	}
	var scanned []string
	for after := ""; ; {
		n := 0
		for d, err := range c.Scan(t.Context(), db.Scan{Filter: e, After: after, Limit: 700, Fields: db.FieldsNone}) {
			if err != nil {
				t.Fatal(err)
			}
			scanned, after = append(scanned, d.ID), d.ID
			n++
		}
		if n < 700 {
			break
		}
	}
	if !slices.Equal(scanned, want) {
		t.Errorf("%.80s: scan finds %d, want %d", e, len(scanned), len(want))
	}
	found, err := c.Search(t.Context(), db.Query{Embedding: []float32{1, 1, 0, 0}, K: len(docs), Filter: e, Fields: db.FieldsNone, Exact: true})
	if err != nil || len(found) != len(want) {
		t.Errorf("%.80s: search finds %d, %v, want %d", e, len(found), err, len(want))
	}
	for _, m := range found {
		if _, ok := slices.BinarySearch(want, m.Document.ID); !ok {
			t.Errorf("%.80s: search finds %q", e, m.Document.ID)
		}
	}
}

// TestFieldNamedID: metadata named id takes the name; _id is the document's.
func TestFieldNamedID(t *testing.T) {
	t.Parallel()
	c := precomputed(t, open(t, t.TempDir(), nil), "c", 2)
	count := func(where string, want int) {
		t.Helper()
		e, err := filter.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := c.Count(t.Context(), e); n != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", where, n, err, want)
		}
	}
	put := func(docs ...db.Document) {
		t.Helper()
		for i := range docs {
			docs[i].Embedding = []float32{1, 1}
		}
		if _, err := c.Upsert(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
	}
	put(db.Document{ID: "a"}, db.Document{ID: "b"})
	count(`id = "a"`, 1)
	put(db.Document{ID: "b", Metadata: db.Metadata{"id": "a"}}, db.Document{ID: "c", Metadata: db.Metadata{"id": "a"}})
	count(`id = "a"`, 2)
	count(`_id = "a"`, 1)
	if _, err := c.Delete(t.Context(), "b", "c"); err != nil {
		t.Fatal(err)
	}
	count(`_id = "a"`, 1)
}

func TestFilterWarnings(t *testing.T) {
	t.Parallel()
	c := precomputed(t, open(t, t.TempDir(), nil), "c", 2)
	warnings := func(where string) string {
		t.Helper()
		e, err := filter.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		w, err := c.FilterWarnings(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		var trace db.Trace
		if _, err := c.Search(t.Context(), db.Query{Embedding: []float32{1, 1}, K: 1, Filter: e, Trace: &trace}); err != nil || !slices.Equal(trace.Warnings, w) {
			t.Errorf("%s: the search warns %q, %v, not %q", where, trace.Warnings, err, w)
		}
		return strings.Join(w, "\n")
	}
	if w := warnings(`lang = "ko"`); w != "" {
		t.Errorf("an empty collection warns: %s", w)
	}
	for i, m := range []db.Metadata{
		{"lang": "ko", "year": 2024, "day": "05/01/2024", "at": "2024-05-01", "tags": []string{"a"}, "sizes": []int{1}, "ok": true, "author.name": "김"},
		{"lang": "en", "year": 2023.5, "day": "2024-05-02"},
	} {
		if _, err := c.Upsert(t.Context(), db.Document{ID: fmt.Sprint(i), Embedding: []float32{1, 1}, Metadata: m}); err != nil {
			t.Fatal(err)
		}
	}
	for where, want := range map[string]string{
		`lang = "ko" AND year > 2020 AND at < "2025" AND EXISTS tags`: `"at" holds times, and is compared with the string "2025"`,
		`lang != "ko" AND at > "2024-05-01" AND ok = TRUE`:            "",
		`tags CONTAINS "a" AND sizes CONTAINS 1 AND lang LIKE "k%"`:   "",
		`_id = "a" AND _source = "b" AND id = "c"`:                    "",
		`lnag = "ko"`:               `no document has the field "lnag"; did you mean "lang"?`,
		`Lang = "ko" OR lang = "x"`: `no document has the field "Lang"; did you mean "lang"?`,
		`name = "김"`:                `did you mean "author.name"?`,
		`EXISTS nothing`:            `no document has the field "nothing"`,
		`source = "a.md"`:           `the source of a document is _source`,
		`year = "2024"`:             `"year" holds numbers, and is compared with the string "2024"`,
		`lang = 3`:                  `"lang" holds strings, and is compared with the number 3`,
		`day >= "2024-05-01"`:       `such as "05/01/2024": no range of times finds them`,
		`lang CONTAINS "k"`:         `write LIKE "%text%"`,
		`year LIKE "2%"`:            `"year" holds numbers, and LIKE looks at strings`,
		`_id = 7`:                   `_id is a string: write 7 in quotes`,
	} {
		if got := warnings(where); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", where, got, want)
		}
	}
}
