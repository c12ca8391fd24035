package db_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

// orderOf is the specification of Sort.
func orderOf(keys []db.SortKey) func(a, b db.Document) int {
	value := func(d db.Document, field string) (filter.Value, bool) {
		x := d.Metadata[field]
		if field == "_source" {
			if d.Source == "" {
				return filter.Value{}, false
			}
			x = filter.Text(d.Source)
		}
		v, err := filter.ValueOf(x) // not of nil, nor of a list
		return v, err == nil
	}
	return func(a, b db.Document) int {
		for _, k := range keys {
			v, in := value(a, k.Field)
			w, also := value(b, k.Field)
			var c int
			switch {
			case in && also:
				c, _ = v.Compare(w)
				if c = cmp.Or(cmp.Compare(v.Type(), w.Type()), c); v.Type() == filter.TypeString && w.Type() == filter.TypeString {
					c = strings.Compare(v.Text()[:min(len(v.Text()), 255)], w.Text()[:min(len(w.Text()), 255)])
				}
				if k.Descending {
					c = -c
				}
			case in:
				c = -1
			case also:
				c = +1
			}
			if c != 0 {
				return c
			}
		}
		return strings.Compare(a.ID, b.ID)
	}
}

// TestSort compares sorted scans, whole and in pages between which documents change, with
// a simple model.
func TestSort(t *testing.T) {
	t.Parallel()
	rng := random(t)
	d := open(t, t.TempDir(), &db.Options{SyncEvery: time.Second})
	c, there := faceted(t, rng, d, 1700) // some values have more than a thousand
	fields := []string{"lang", "n", "day", "tags", "any", "rare", "none", "_source"}
	for range 60 {
		keys := []db.SortKey{{Field: fields[rng.IntN(len(fields))], Descending: rng.IntN(2) == 0}, {Field: fields[rng.IntN(len(fields))], Descending: rng.IntN(2) == 0}}[:1+rng.IntN(2)]
		where, order := oddFilter(rng), orderOf(keys)
		want := meeting(there, where)
		slices.SortFunc(want, order)
		s := db.Scan{Sort: keys, Filter: where}
		if got := scanned(t, c, s); !slices.Equal(got, idsOf(want)) {
			t.Fatalf("%+v: %v, want %v", s, got, idsOf(want))
		}
		if s.Limit = 1 + rng.IntN(60); rng.IntN(3) == 0 {
			s.Limit = 500
		}
		pages := 0
		for {
			var page []db.Document
			for doc, err := range c.Scan(t.Context(), s) {
				if err != nil {
					t.Fatal(err)
				}
				page = append(page, doc)
			}
			if got := idsOf(page); !slices.Equal(got, idsOf(want[:min(len(want), s.Limit)])) {
				t.Fatalf("%+v, page %d: %v, want %v", s, pages, got, idsOf(want[:min(len(want), s.Limit)]))
			}
			if pages++; len(page) < s.Limit || pages == 12 {
				break
			}
			last := page[len(page)-1]
			s = s.Next(&last)
			change(t, rng, c, there, last.ID)
			want = slices.DeleteFunc(meeting(there, where), func(d db.Document) bool { return order(d, last) <= 0 })
			slices.SortFunc(want, order)
		}
	}
}

// change deletes and replaces documents, and sometimes the last that was read.
func change(t *testing.T, rng *rand.Rand, c *db.Collection, there map[string]db.Document, last string) {
	t.Helper()
	ids := []string{last}
	for id := range there {
		if ids = append(ids, id); len(ids) == 3 {
			break
		}
	}
	for _, id := range ids[rng.IntN(2):] {
		if rng.IntN(3) == 0 {
			if _, err := c.Delete(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			delete(there, id)
			continue
		}
		if _, err := c.Upsert(t.Context(), db.Document{ID: id, Embedding: []float32{1, 2, 3, 4}, Metadata: oddMetadata(rng)}); err != nil {
			t.Fatal(err)
		}
		got, err := c.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		there[id] = got[0]
	}
}

func idsOf(docs []db.Document) []string {
	out := make([]string, len(docs))
	for i, d := range docs {
		out[i] = d.ID
	}
	return out
}

func scanned(t *testing.T, c *db.Collection, s db.Scan) (out []string) {
	t.Helper()
	for doc, err := range c.Scan(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, doc.ID)
	}
	return append([]string{}, out...)
}

func TestSortIsChecked(t *testing.T) {
	t.Parallel()
	c := collection(t, open(t, t.TempDir(), nil), "c", nil)
	a := []db.SortKey{{Field: "a"}}
	for _, s := range []db.Scan{
		{Sort: []db.SortKey{{Field: "a"}, {Field: "b"}, {Field: "c"}}},
		{Sort: []db.SortKey{{Field: ""}}},
		{Sort: []db.SortKey{{Field: "_id"}}},
		{Sort: a, After: "x"},
		{Sort: a, After: "x", AfterValues: []any{1, 2}},
		{Sort: a, After: "x", AfterValues: []any{struct{}{}}},
		{AfterValues: []any{1}},
		{Limit: -1},
	} {
		for _, err := range c.Scan(t.Context(), s) {
			if !errors.Is(err, db.ErrInvalidQuery) {
				t.Errorf("%+v: %v", s, err)
			}
		}
	}
	if got := scanned(t, c, db.Scan{Sort: a, Limit: 3}); len(got) != 0 {
		t.Error(got)
	}
}

// TestOffset: pages of an exact search are the parts of the whole.
func TestOffset(t *testing.T) {
	t.Parallel()
	rng := random(t)
	c, _ := faceted(t, rng, open(t, t.TempDir(), &db.Options{SyncEvery: time.Second, Limits: db.Limits{K: 300}}), 400)
	for range 50 {
		q := db.Query{Embedding: []float32{1, float32(rng.NormFloat64()), float32(rng.NormFloat64()), 0}, K: 300, Exact: true, Filter: oddFilter(rng)}
		if rng.IntN(2) == 0 {
			q.GroupBy = []string{"lang", "any", "_source", "day"}[rng.IntN(4)]
			q.PerGroup = 1 + rng.IntN(20)
		}
		if rng.IntN(3) == 0 {
			q.MinScore = new(float32(0.6))
		}
		all, err := c.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		q.Offset = rng.IntN(250)
		q.K = 1 + rng.IntN(50)
		got, err := c.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if want := all[min(q.Offset, len(all)):min(q.Offset+q.K, len(all))]; !slices.Equal(ids(got), ids(want)) {
			t.Errorf("%+v: %v, want %v", q, ids(got), ids(want))
		}
	}
	for _, q := range []db.Query{{K: 10, Offset: -1}, {K: 10, Offset: 291}, {K: 10, PerGroup: 1}, {K: 10, GroupBy: "a", PerGroup: -1}, {K: 10, GroupBy: "a", PerSource: 1}, {K: 10, GroupBy: "_id"}} {
		q.Embedding = []float32{1, 0, 0, 0}
		if _, err := c.Search(t.Context(), q); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	var tr db.Trace
	if _, err := c.Search(t.Context(), db.Query{Embedding: []float32{1, 0, 0, 0}, K: 1, GroupBy: "lnag", Trace: &tr}); err != nil || len(tr.Warnings) != 1 {
		t.Error(tr.Warnings, err)
	}
}

// TestGroupBy: of each value of a field there are PerGroup results, the best ones.
func TestGroupBy(t *testing.T) {
	t.Parallel()
	rng := random(t)
	c, there := faceted(t, rng, open(t, t.TempDir(), &db.Options{SyncEvery: time.Second}), 900)
	group := func(d db.Document, field string) string {
		switch v := d.Metadata[field].(type) {
		case nil:
			return ""
		case []string, []int64, []float64:
			return fmt.Sprintf("%T %v", v, v)
		default:
			x, err := filter.ValueOf(v)
			if err != nil {
				t.Fatal(err)
			}
			return string(x.AppendKey(nil))
		}
	}
	for range 60 {
		field := []string{"lang", "n", "day", "tags", "any", "rare", "none"}[rng.IntN(7)]
		q := db.Query{Embedding: []float32{1, float32(rng.NormFloat64()), float32(rng.NormFloat64()), 0}, K: len(there), Exact: true, Filter: oddFilter(rng)}
		all, err := c.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		q.GroupBy, q.PerGroup, q.K = field, rng.IntN(4), 1+rng.IntN(80)
		var want []db.Match
		count := map[string]int{}
		for _, m := range all {
			if g := group(m.Document, field); g != "" {
				if count[g]++; count[g] > max(1, q.PerGroup) {
					continue
				}
			}
			if len(want) < q.K {
				want = append(want, m)
			}
		}
		got, err := c.Search(t.Context(), q)
		if err != nil || !slices.Equal(ids(got), ids(want)) {
			t.Fatalf("%s, PerGroup %d, K %d: %v, want %v; %v", field, q.PerGroup, q.K, ids(got), ids(want), err)
		}
	}
}
