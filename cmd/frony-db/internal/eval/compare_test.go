package eval

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ranked makes the details of a run with these ranks in hybrid search.
func ranked(set string, ranks ...int) (all []Question) {
	for i, r := range ranks {
		all = append(all, Question{Set: set, ID: fmt.Sprint(i), Text: fmt.Sprint("text ", i), Modes: map[Mode]Found{Hybrid: {Rank: r}}})
	}
	return all
}

func TestCompare(t *testing.T) {
	t.Parallel()
	same := make([]int, 100)
	better := make([]int, 100)
	mixed := make([]int, 100) // as many better as worse
	for i := range same {
		same[i] = 1 + i%2
		better[i] = same[i]
		if i < 30 {
			better[i] = 1
		}
		mixed[i] = same[i]
		if i < 20 {
			mixed[i] = 3 - same[i]
		}
	}
	before := append(append(ranked("a", same...), ranked("b", same...)...), ranked("c", same...)...)
	after := append(append(append(ranked("a", same...), ranked("b", better...)...), ranked("c", mixed...)...), ranked("new", 1)...)
	all, err := Compare(before, after, 1)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d comparisons, %v", len(all), err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	a, b, c, mean := all[0], all[1], all[2], all[3]
	if d := a.Accuracy1; !near(d.Before, .5) || !near(d.After, .5) || d.Low != 0 || d.High != 0 || d.P != 1 || a.Better+a.Worse != 0 {
		t.Errorf("the same ranks: %+v", a)
	}
	// 15 of 100 are better: the standard error of .15 is .036.
	d := b.Accuracy1
	if !near(d.After-d.Before, .15) || d.Low < .07 || d.Low > .1 || d.High < .2 || d.High > .24 || d.P > .001 || b.Better != 15 || b.Worse != 0 {
		t.Errorf("better: %+v", b)
	}
	if b.Accuracy10.After != b.Accuracy10.Before || !near(b.MRR10.After-b.MRR10.Before, .075) {
		t.Errorf("better: %+v", b)
	}
	if d := c.Accuracy1; !near(d.Before, d.After) || d.Low > -.05 || d.High < .05 || d.P < .8 || c.Better != 10 || c.Worse != 10 {
		t.Errorf("as many better as worse: %+v", c)
	}
	if d := mean.Accuracy1; mean.Set != "" || mean.Queries != 300 || !near(d.After-d.Before, .05) || d.P > .01 {
		t.Errorf("mean: %+v", mean)
	}
}

func TestCompareErrors(t *testing.T) {
	t.Parallel()
	if _, err := Compare(ranked("a", 1), ranked("b", 1), 1); err == nil || !strings.Contains(err.Error(), "share no query") {
		t.Errorf("other sets: %v", err)
	}
	other := ranked("a", 1)
	other[0].Text = "perturbed"
	if _, err := Compare(ranked("a", 1), other, 1); err == nil || !strings.Contains(err.Error(), `"text 0" and is "perturbed"`) {
		t.Errorf("another text: %v", err)
	}
}

// A deep answers as a fake does, but has the relevant document at a given rank of each
// retriever if more than ten are asked for.
type deep struct {
	fake
	legs map[Mode]int
}

func (d *deep) Search(ctx context.Context, mode Mode, query string, k int) (Answer, error) {
	if k <= depth {
		return d.fake.Search(ctx, mode, query, k)
	}
	f := fake{docs: d.docs, ranks: d.legs}
	return f.Search(ctx, mode, query, k)
}

// TestDetails: what is written is read again, with the reason of each miss, and of
// perturbed questions too.
func TestDetails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hybrid, dense, lexical int
		want                   Miss
	}{
		{1, 0, 0, ""},
		{2, 1, 7, MissFusion},
		{0, 5, 1, MissFusion},
		{0, 5, 11, MissOutranked},
		{0, 12, 0, MissDense},
		{0, 0, 3, MissLexical},
		{0, 0, 0, MissNeither},
	} {
		d := &deep{fake{ranks: map[Mode]int{Hybrid: tt.hybrid}}, map[Mode]int{Exact384: tt.dense, Lexical: tt.lexical}}
		r, err := Run(t.Context(), []*Set{small("a")}, d, &Options{Modes: []Mode{Hybrid}, Details: true})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := r.WriteQuestions(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "details.jsonl")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := ReadQuestions(path)
		if err != nil || len(all) != 20 {
			t.Fatalf("%d questions, %v", len(all), err)
		}
		q := all[3]
		if q.Set != "a" || q.ID != "q 3" || q.Text != " 3!" || len(q.Relevant) != 1 || q.Relevant[0] != "d3" ||
			q.Modes[Hybrid].Rank != tt.hybrid || q.Miss != tt.want || (q.Legs != nil) != (tt.want != "") {
			t.Errorf("%+v: %+v", tt, q)
		}
		if n := r.Sets[0].Misses[tt.want]; tt.want != "" && tt.hybrid == 0 && n != 20 {
			t.Errorf("%+v: %d misses counted", tt, n)
		}
	}
}

// blind finds nothing, and keeps what it was asked for.
type blind struct{ asked []string }

func (*blind) Index(context.Context, []Document) error { return nil }

func (b *blind) Search(_ context.Context, _ Mode, query string, _ int) (Answer, error) {
	b.asked = append(b.asked, query)
	return Answer{}, nil
}

// TestRunPerturbed: the set is measured as it is and under each perturbation that changes
// anything.
func TestRunPerturbed(t *testing.T) {
	t.Parallel()
	b := new(blind)
	r, err := Run(t.Context(), []*Set{questions("one two", "three")}, b,
		&Options{Modes: []Mode{Hybrid}, Perturb: []Perturbation{Latin, Spacing}, Seed: 3})
	if err != nil || len(r.Sets) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if s := r.Sets[1]; s.Name != "q+spacing" || s.Perturbation != Spacing || s.Changed != 1 || s.Queries != 2 || r.Seed != 3 {
		t.Errorf("%+v", s)
	}
	if want := "one two,three,onetwo,three"; strings.Join(b.asked, ",") != want {
		t.Errorf("asked %q", b.asked)
	}
	if _, err := Run(t.Context(), []*Set{small("a")}, b, &Options{Perturb: []Perturbation{"noise"}}); err == nil {
		t.Error("an unknown perturbation is accepted")
	}
}
