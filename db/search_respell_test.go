package db

import (
	"errors"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/embedder/builtin"
)

// A question with a slip of the keyboard finds what it would without, and says so.
func TestSlips(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), &Options{Embedder: builtin.New()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c, err := d.Collection(t.Context(), "slips", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Upsert(t.Context(), Document{ID: "leave", Text: "연차휴가 신청은 인사팀에 한다"}, Document{ID: "pods", Text: "Kubernetes schedules pods"}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"연차휸가": "leave", "dusck": "leave", "kuberentes": "pods", "쿠버네티스": "pods"} {
		var trace Trace
		m, err := c.Search(t.Context(), Query{Text: text, K: 1, Mode: Hybrid, Trace: &trace})
		if err != nil || len(m) != 1 || m[0].Document.ID != want {
			t.Errorf("%s: found %v, %v", text, m, err)
		}
		told := strings.Contains(strings.Join(trace.Warnings, " "), "searched as")
		if told != (text != "쿠버네티스") {
			t.Errorf("%s: warnings %q", text, trace.Warnings)
		}
	}
}

// A restricted collection is told no word of the documents that it does not see, nor that
// there is one: slips are not corrected to it.
func TestSlipsWithinScope(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, err := Open(t.TempDir(), &Options{Embedder: builtin.New()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	all, err := d.Collection(ctx, "slips", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all.Upsert(ctx, Document{ID: "theirs", Text: "Kubernetes schedules pods"},
		Document{ID: "ours", Text: "연차휴가 신청은 인사팀에 한다", Metadata: Metadata{"tenant": "a"}}); err != nil {
		t.Fatal(err)
	}
	ours, err := all.Restrict(filter.Eq("tenant", "a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		c    *Collection
		told bool
	}{{all, true}, {ours, false}} {
		q := Query{Text: "kuberentes", K: 5}
		var traces [3]Trace
		q.Trace = &traces[0]
		_, err := test.c.Search(ctx, q)
		q.Trace = &traces[1]
		_, e2 := SearchAll(ctx, q, test.c)
		q.Trace = nil
		f, e3 := test.c.Facets(ctx, FacetQuery{Fields: []string{"tenant"}, Search: &q})
		traces[2].Warnings = f.Warnings
		if err := errors.Join(err, e2, e3); err != nil {
			t.Fatal(err)
		}
		for i, trace := range traces {
			if told := strings.Contains(strings.Join(trace.Warnings, " "), "kubernetes"); told != test.told {
				t.Errorf("search %d, restricted %v: warnings %q", i, test.c == ours, trace.Warnings)
			}
		}
	}
}
