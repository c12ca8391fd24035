package db_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/embeddertest"
)

// Documents that are spread over several collections are found as in one that has them
// all: exactly in dense mode, and by what is documented in the others.
func TestSearchAll(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, t.TempDir(), &db.Options{Embedder: builtin.New()})
	all := collection(t, d, "all", nil)
	things := []string{"서울 여행", "부산 바다 산책", "coffee beans", "winter train", "김치 요리법", "library card", "이사 신고", "garden tools"}
	var parts []*db.Collection
	for i := range 4 {
		parts = append(parts, collection(t, d, fmt.Sprint("tenant-", i), nil))
	}
	for i := range 160 {
		doc := db.Document{
			ID: fmt.Sprint("d", i), Text: fmt.Sprintf("%s %s %d", things[i%8], things[(i*i+i/3)%8], i%50),
			Source: fmt.Sprint("s", i%23), Metadata: db.Metadata{"n": i % 5},
		}
		if _, err := all.Upsert(ctx, doc); err != nil {
			t.Fatal(err)
		}
		if _, err := parts[(i/3)%3].Upsert(ctx, doc); err != nil { // the last one stays empty
			t.Fatal(err)
		}
	}
	for _, q := range []db.Query{
		{Text: "서울 여행 7", Mode: db.Dense},
		{Text: "서울 여행 7", Mode: db.Dense, Exact: true, Filter: filter.Ge("n", 2), Offset: 5},
		{Queries: []db.Question{{Text: "winter train"}, {Text: "겨울 기차", Weight: 2}}, Mode: db.Dense},
		{Queries: []db.Question{{Text: "winter train"}, {Text: "김치 요리"}}, Mode: db.Dense, Fuse: db.FuseBest},
	} {
		q.K = 15
		want, err := all.Search(ctx, q)
		got, e2 := db.SearchAll(ctx, q, parts...)
		if err = errors.Join(err, e2); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%+v: %d results, want %d", q, len(got), len(want))
		}
		for i := range got {
			if math.Abs(float64(got[i].Score-want[i].Score)) > 1e-4 || !strings.HasPrefix(got[i].Collection, "tenant-") {
				t.Errorf("%+v: result %d is %s of %s with %.4f, want %.4f", q, i, got[i].Document.ID, got[i].Collection, got[i].Score, want[i].Score)
			}
		}
	}
	// The collections are alike, so that the words weigh about the same in each.
	for _, q := range []db.Query{
		{Text: "김치 요리 7"},
		{Text: "winter train 12", Fusion: db.Reciprocal},
		{Text: "이사 신고", Mode: db.Lexical},
		{Queries: []db.Question{{Text: "김치 요리"}, {Text: "coffee beans"}}},
	} {
		q.K = 10
		want, err := all.Search(ctx, q)
		got, e2 := db.SearchAll(ctx, q, parts...)
		if err = errors.Join(err, e2); err != nil {
			t.Fatal(err)
		}
		common := 0
		for _, m := range got {
			if slices.ContainsFunc(want, func(w db.Match) bool {
				return cmp.Compare(w.Document.Text, m.Document.Text) == 0 || w.Document.ID == m.Document.ID
			}) {
				common++
			}
			if m.Score < 0 || m.Score > 1 {
				t.Errorf("score %v", m.Score)
			}
		}
		least := 7
		if q.Fusion == db.Reciprocal {
			least = 4 // of many documents with equal words, the ranks are by chance
		}
		if common < least || !slices.IsSortedFunc(got, func(a, b db.Match) int { return cmp.Compare(b.Score, a.Score) }) {
			t.Errorf("%+v: %d of 10 in common", q, common)
		}
	}
	// One collection alone is searched as it is by itself.
	for _, q := range []db.Query{{Text: "김치 요리 7"}, {Text: "김치 요리 7", Mode: db.Dense}, {Text: "winter train", PerSource: 1}} {
		q.K = 10
		want, err := all.Search(ctx, q)
		got, e2 := db.SearchAll(ctx, q, all)
		for i := range got {
			got[i].Collection = ""
		}
		if err = errors.Join(err, e2); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v: %v, want %v, %v", q, got, want, err)
		}
	}
	// A restricted one keeps to its documents.
	own, err := parts[0].Restrict(filter.Eq("n", 1))
	if err != nil {
		t.Fatal(err)
	}
	found, err := db.SearchAll(ctx, db.Query{Text: "서울 여행", K: 100}, own, parts[1])
	for _, m := range found {
		if m.Collection == "tenant-0" && m.Document.Metadata["n"] != int64(1) {
			t.Errorf("%+v", m)
		}
	}
	if err != nil || len(found) < 50 {
		t.Error(len(found), err)
	}
	// Sources are counted in each collection.
	var trace db.Trace
	found, err = db.SearchAll(ctx, db.Query{Text: "서울 여행", K: 100, PerSource: 1, Highlight: true, Snippet: 50, Filter: filter.Or(filter.Ge("nn", 1), filter.Ge("n", 0)), Trace: &trace}, parts...)
	seen := map[string]bool{}
	for _, m := range found {
		if key := m.Collection + m.Document.Source; seen[key] {
			t.Errorf("%s twice", key)
		} else {
			seen[key] = true
		}
		if strings.Contains(m.Document.Text, "서울") && (len(m.Highlights) == 0 || m.Snippet == nil) {
			t.Errorf("%+v", m)
		}
	}
	if err != nil || len(found) < 40 || trace.Total == 0 || len(trace.Warnings) != 1 || !strings.Contains(trace.Warnings[0], "nn") {
		t.Error(len(found), trace, err)
	}
	for want, f := range map[string]func() error{
		"different": func() error {
			c := collection(t, d, "other", &db.CollectionOptions{Embedder: embeddertest.New(384, 1)})
			_, err := db.SearchAll(ctx, db.Query{Text: "x", K: 1}, all, c)
			return err
		},
		"one collection": func() error {
			_, err := db.SearchAll(ctx, db.Query{Like: []string{"d1"}, K: 1}, parts...)
			return err
		},
		"K is 0":         func() error { _, err := db.SearchAll(ctx, db.Query{Text: "x"}, parts...); return err },
		"no collections": func() error { _, err := db.SearchAll(ctx, db.Query{Text: "x", K: 1}); return err },
	} {
		err := f()
		if want == "different" {
			if !errors.Is(err, db.ErrModelMismatch) {
				t.Error(err)
			}
		} else if !errors.Is(err, db.ErrInvalidQuery) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := open(t, t.TempDir(), nil)
	for _, name := range []string{"tenant-1", "tenant-2", "other", "_hidden", forms[1] + "-1"} {
		collection(t, d, name, nil)
	}
	if _, err := d.SetAlias(ctx, "tenant-live", "other"); err != nil {
		t.Fatal(err)
	}
	sees := func(name string) bool { return name != "other" && name != "tenant-2" }
	for _, test := range []struct {
		pattern, want string
		sees          func(string) bool
	}{
		{"tenant-1", "tenant-1", nil},
		{"tenant-*", "other tenant-1 tenant-2", nil},
		{"tenant-live", "other", nil},
		{"tenant-*", "tenant-1", sees},
		{"tenant-live", "", sees},
		{"*", "other tenant-1 tenant-2 " + forms[1] + "-1", nil},
		{"_*", "_hidden", nil},
		{forms[0] + "*", forms[1] + "-1", nil},
		{"nothing*", "", nil},
	} {
		got, err := d.Select(ctx, test.pattern, test.sees)
		if strings.Join(got, " ") != test.want || (test.want == "") != errors.Is(err, db.ErrNoCollection) {
			t.Errorf("%s: %q, %v", test.pattern, got, err)
		}
	}
}
