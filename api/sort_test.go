package api_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
)

func TestParseSort(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]db.SortKey{
		"":                    nil,
		" ":                   nil,
		"year":                {{Field: "year"}},
		"-year,title":         {{Field: "year", Descending: true}, {Field: "title"}},
		" - year , +title ":   nil, // below
		"-`a,``b` , `-c`":     {{Field: "a,`b", Descending: true}, {Field: "-c"}},
		"주제,-author.name":     {{Field: "주제"}, {Field: "author.name", Descending: true}},
		"a,b,c":               {{Field: "a"}, {Field: "b"}, {Field: "c"}}, // the database refuses it
		"-publication-date":   {{Field: "publication-date", Descending: true}},
		"year,-`in`,_source":  {{Field: "year"}, {Field: "in", Descending: true}, {Field: "_source"}},
		"-year,title,_source": {{Field: "year", Descending: true}, {Field: "title"}, {Field: "_source"}},
	} {
		got, err := api.ParseSort(text)
		if text == " - year , +title " {
			want = []db.SortKey{{Field: "year", Descending: true}, {Field: "title"}}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
		if again, err := api.ParseSort(api.FormatSort(want)); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%q is written as %q: %v, %v", text, api.FormatSort(want), again, err)
		}
	}
	for _, text := range []string{",", "a,", "-", "a b", "year desc", "`a", "`a`b", "--a", "a,,b"} {
		if got, err := api.ParseSort(text); !errors.Is(err, db.ErrInvalidQuery) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestSortedCursor(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 1, 0, 0, 0, 7, time.UTC)
	for _, v := range []any{nil, "", "서울", int64(1)<<60 + 1, 1e19, 2.0, -0.5, true, at} {
		s := db.Scan{Sort: []db.SortKey{{Field: "a b"}, {Field: "n", Descending: true}}, After: "id", AfterValues: []any{v, int64(3)}}
		wire := api.FromScan(&s)
		got, err := wire.DB(filter.Limits{})
		if v == at {
			v = at.Format(time.RFC3339Nano)
		}
		if err != nil || got.After != "id" || !reflect.DeepEqual(got.AfterValues, []any{v, int64(3)}) || !reflect.DeepEqual(got.Sort, s.Sort) {
			t.Errorf("%v: %+v, %v", v, got, err)
		}
		// It belongs to its sort.
		for _, sort := range []string{"", "n", "a b", "`a b`", "`a b`,n"} {
			other := wire
			other.Sort = sort
			if got, err := other.DB(filter.Limits{}); err == nil {
				t.Errorf("the cursor is taken by the sort %q: %+v", sort, got)
			}
		}
	}
	for _, cursor := range []string{"x", "!", api.EncodeCursor("id"), api.EncodeCursor("\x00{}"), api.EncodeCursor("\x00")} {
		wire := api.Scan{Sort: "n", Cursor: cursor}
		if got, err := wire.DB(filter.Limits{}); !errors.Is(err, api.ErrCursor) {
			t.Errorf("%q: %+v, %v", cursor, got, err)
		}
	}
}
