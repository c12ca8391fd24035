package enginetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/engine"
)

// joint has the same documents in three collections of both.
func joint(t *testing.T, e Engine) both {
	t.Helper()
	if !e.Joins {
		t.Skip("declared without searches of several collections")
	}
	b := newBoth(t, e)
	docs := documents(600, 20)
	for i, name := range []string{"a1", "a2", "b", "_hidden", "empty"} {
		if name == "empty" {
			docs = nil
		}
		n := min(len(docs), []int{300, 200, 90, 10, 0}[i])
		b.fill(name, docs[:n])
		docs = docs[n:]
	}
	return b
}

// all searches several collections of one of both.
func (b both) all(i int, q db.Query, names ...string) ([]db.Match, error) {
	b.t.Helper()
	j, err := engine.As[engine.Joiner](b.each[i], "search of several collections")
	if err != nil {
		b.t.Fatal(err)
	}
	var list []engine.Collection
	for _, name := range names {
		list = append(list, b.open(name, i))
	}
	return j.SearchAll(b.t.Context(), q, list...)
}

func testJoined(t *testing.T, e Engine) {
	b := joint(t, e)
	show := func(all []db.Match) string {
		var s strings.Builder
		for _, m := range all {
			fmt.Fprintf(&s, "%s/%s %.5f %.4f, ", m.Collection, m.Document.ID, m.Score, m.Cosine)
		}
		return s.String()[:min(s.Len(), 500)]
	}
	for _, text := range questions(40, 9) {
		for what, q := range map[string]db.Query{
			"dense":      {Mode: db.Dense, Exact: true},
			"words":      {Mode: db.Lexical},
			"hybrid":     {Exact: true},
			"reciprocal": {Exact: true, Fusion: db.Reciprocal},
			"filtered":   {Exact: true, Filter: filter.Exists("a")},
			"grouped":    {Exact: true, PerSource: 1},
			"offset":     {Exact: true, Offset: 5},
			"excerpts":   {Mode: db.Lexical, Highlight: true, Snippet: 40},
		} {
			q.Text, q.K = text, 10
			want, err := b.all(1, q, "a1", "a2", "b")
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.all(0, q, "a1", "a2", "b")
			if err != nil {
				t.Fatal(err)
			}
			if !alike(got, want) {
				t.Errorf("%s, %s:\n got %s\nwant %s", what, text, show(got), show(want))
			}
		}
	}
	b.refuseJoined()
}

// alike reports whether two lists have the same scores, and the same documents but for
// those of equal scores.
func alike(got, want []db.Match) bool {
	const tolerance = 1e-3 // of the statistics of words
	if len(got) != len(want) {
		return false
	}
	in := map[string]int{}
	for i, m := range want {
		in[m.Collection+"/"+m.Document.ID] = i
	}
	for i, m := range got {
		at, there := in[m.Collection+"/"+m.Document.ID]
		if math.Abs(float64(m.Score-want[i].Score)) > tolerance ||
			!there && math.Abs(float64(m.Score-want[len(want)-1].Score)) > tolerance ||
			there && (!slices.Equal(m.Highlights, want[at].Highlights) || (m.Snippet == nil) != (want[at].Snippet == nil)) {
			return false
		}
	}
	return true
}

func (b both) refuseJoined() {
	b.t.Helper()
	for what, q := range map[string]db.Query{
		"by example": {Like: []string{"d0001"}, K: 3}, "nothing": {K: 3}, "no k": {Text: "x"}, "dims": {Embedding: []float32{1}, K: 1},
	} {
		_, want := b.all(1, q, "a1", "b")
		if _, err := b.all(0, q, "a1", "b"); err == nil || !errors.Is(err, kind(want)) {
			b.t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	for i, d := range b.each {
		if _, err := d.Collection(b.t.Context(), "other", &db.CollectionOptions{Precomputed: true, Dims: 3}); err != nil {
			b.t.Fatal(err)
		}
		if _, err := b.all(i, db.Query{Text: "x", K: 3}, "a1", "other"); !errors.Is(err, db.ErrModelMismatch) || !strings.Contains(err.Error(), "other") {
			b.t.Errorf("another model: %v", err)
		}
	}
}

func testSelect(t *testing.T, e Engine) {
	b, ctx := joint(t, e), t.Context()
	if e.Names {
		b.do("set alias", func(_ engine.DB, n engine.Namer) (string, error) { return n.SetAlias(ctx, "years-1", "b") })
	}
	for _, pattern := range []string{"a1", "a*", "*", "_*", "years*", "nothing", "nothing*", "b", "empty"} {
		for _, sees := range []func(string) bool{nil, func(name string) bool { return name != "a2" }} {
			var out [2]string
			var errs [2]error
			for i, d := range b.each {
				names, err := d.(engine.Joiner).Select(ctx, pattern, sees)
				out[i], errs[i] = fmt.Sprint(names), err
			}
			if !e.Names && pattern == "years*" {
				continue
			}
			if out[0] != out[1] || !errors.Is(errs[0], kind(errs[1])) {
				t.Errorf("%s: %s, %v, want %s, %v", pattern, out[0], errs[0], out[1], errs[1])
			}
		}
	}
}
