package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A fake answers from a table with the rank of the relevant document for each mode.
type fake struct {
	docs  []Document
	ranks map[Mode]int
	err   error
	twice bool
}

func (f *fake) Index(_ context.Context, docs []Document) error {
	f.docs = docs
	return nil
}

func (f *fake) Search(_ context.Context, mode Mode, query string, k int) (Answer, error) {
	if f.err != nil {
		return Answer{}, f.err
	}
	var a Answer
	for _, d := range f.docs {
		if !strings.HasSuffix(d.Text, query) && len(a.IDs) < k {
			a.IDs, a.Scores = append(a.IDs, d.ID), append(a.Scores, 0.5)
		}
	}
	if rank := f.ranks[mode]; rank > 0 {
		i := slices.IndexFunc(f.docs, func(d Document) bool { return strings.HasSuffix(d.Text, query) })
		a.IDs[rank-1] = f.docs[i].ID
	}
	if f.twice {
		a.IDs[1] = a.IDs[0]
	}
	a.Stages = []Stage{{"embed", 2 * time.Millisecond}, {"graph", 30 * time.Microsecond}}
	return a, nil
}

func small(name string) *Set {
	s := &Set{Name: name, Grades: make(Grades)}
	for i := range 20 {
		id := strconv.Itoa(i)
		s.Documents = append(s.Documents, Document{ID: "d" + id, Title: "title", Text: "text " + id + "!"})
		s.Queries = append(s.Queries, Query{ID: "q " + id, Text: " " + id + "!"})
		s.Grades["q "+id] = map[string]int{"d" + id: 1}
	}
	return s
}

func TestRun(t *testing.T) {
	t.Parallel()
	f := &fake{ranks: map[Mode]int{Exact384: 1, Exact192: 4, TwoStage: 2, Hybrid: 10}}
	report, err := Run(t.Context(), []*Set{small("a"), small("a")}, f, &Options{Titles: true})
	if err != nil {
		t.Fatal(err)
	}
	if f.docs[0].Title != "title" {
		t.Errorf("titles: %+v", f.docs[0])
	}
	if len(report.Sets) != 2 || report.Sets[0].Name != "a" || report.Sets[1].Name != "a-2" {
		t.Fatalf("sets %+v", report.Sets)
	}
	for mode, want := range map[Mode]Metrics{
		Exact384: {1, 1, 1, 1, 1, 1},
		Exact192: {0, 0, 1, 1, 0.25, 1 / math.Log2(5)},
		TwoStage: {0, 1, 1, 1, 0.5, 1 / math.Log2(3)},
		Lexical:  {},
		Hybrid:   {0, 0, 0, 1, 0.1, 1 / math.Log2(11)},
	} {
		got := report.Sets[1].Modes[mode]
		for i, field := range got.fields() {
			if math.Abs(*field-*want.fields()[i]) > 1e-12 {
				t.Errorf("%s: %s is %v, want %v", mode, titles[i], *field, *want.fields()[i])
			}
		}
		if want := []StageReport{{"embed", 2000}, {"graph", 30}}; !slices.Equal(got.Stages, want) || got.Microseconds <= 0 {
			t.Errorf("%s: stages %v, time %v", mode, got.Stages, got.Microseconds)
		}
	}
	two := report.Sets[0].Modes[TwoStage]
	if two.Loss.MRR10 != 0.5 || two.Loss.Accuracy10 != 0 || *two.Recall != 0.9 {
		t.Errorf("two-stage: loss %+v, recall %v", two.Loss, *two.Recall)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, tt := range []struct {
		sets []*Set
		f    *fake
		opts *Options
		want string
	}{
		{nil, &fake{}, nil, "no set"},
		{[]*Set{small("a")}, &fake{}, &Options{Modes: []Mode{"fast"}}, `mode "fast"`},
		{[]*Set{small("a")}, &fake{err: broken}, nil, `a: exact384: query "q 0": broken`},
		{[]*Set{small("a")}, &fake{twice: true}, nil, "is found twice"},
	} {
		if _, err := Run(t.Context(), tt.sets, tt.f, tt.opts); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %q", err, tt.want)
		}
	}
}

func sample(t *testing.T) *Report {
	t.Helper()
	f := &fake{ranks: map[Mode]int{Exact384: 1, TwoStage: 3}}
	r, err := Run(t.Context(), []*Set{small("a<b"), small("c")}, f, &Options{Modes: []Mode{TwoStage, Exact384}})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Sets { // times differ from run to run
		s.IndexMicroseconds = 12.34
		for _, m := range s.Modes {
			m.Microseconds, m.Microseconds99 = 1234, 2345
		}
	}
	return r
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := sample(t).WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	const want = `## a<b

20 documents, 20 queries, indexed in 12.3 µs a document

| Mode | Accuracy@1 | Accuracy@3 | Accuracy@5 | Accuracy@10 | MRR@10 | nDCG@10 | Time per query | Stages |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| exact, 384 dims | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.23 ms | embed 2.00 ms, graph 30.0 µs |
| two-stage | 0.0000 | 1.0000 | 1.0000 | 1.0000 | 0.3333 | 0.5000 | 1.23 ms | embed 2.00 ms, graph 30.0 µs |

Two-stage against exact, 384 dims: recall@10 0.9000; lost Accuracy@1 +1.0000, Accuracy@3 +0.0000, Accuracy@5 +0.0000, Accuracy@10 +0.0000, MRR@10 +0.6667, nDCG@10 +0.5000
`
	if got := b.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := b.String(); !strings.Contains(got, "## Average of 2 sets\n") {
		t.Errorf("no average in\n%s", got)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample(t).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Sets []struct {
			Name               string
			Documents, Queries int
			Modes              map[string]map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Sets[0]
	if s.Name != "a<b" || s.Documents != 20 || s.Queries != 20 || len(s.Modes) != 2 {
		t.Errorf("%+v", s)
	}
	m := s.Modes["two_stage"]
	for key, want := range map[string]float64{
		"accuracy@1": 0, "accuracy@3": 1, "accuracy@5": 1, "accuracy@10": 1, "mrr@10": 1. / 3, "ndcg@10": 0.5,
		"microseconds": 1234, "recall@10": 0.9,
	} {
		if v, ok := m[key].(float64); !ok || math.Abs(v-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", key, m[key], want)
		}
	}
}

// TestRunFile: six columns, ranks from 1, and decreasing scores, although those of the
// searcher are equal.
func TestRunFile(t *testing.T) {
	t.Parallel()
	r := sample(t)
	var b strings.Builder
	if err := r.WriteRun(&b, "c", TwoStage, "frony db"); err != nil {
		t.Fatal(err)
	}
	n, before := 0, float32(0)
	for line := range strings.Lines(b.String()) {
		var query, q0, doc, tag string
		var rank int
		var score float32
		if _, err := fmt.Sscan(line, &query, &q0, &doc, &rank, &score, &tag); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if q0 != "Q0" || tag != "frony_db" || rank != n%10+1 || query != fmt.Sprintf("q_%d", n/10) || rank > 1 && score >= before {
			t.Errorf("line %d: %q", n+1, line)
		}
		before = score
		n++
	}
	if n != 200 {
		t.Errorf("%d lines", n)
	}
	if err := r.WriteRun(io.Discard, "c", Lexical, "x"); err == nil {
		t.Error("a mode that was not measured is written")
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample(t).WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	marks, text := 0, b.String()
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
			marks++
		}
	}
	if want := 4 + 2 + 2; marks != want { // sets × modes, averages, legend
		t.Errorf("%d marks, want %d", marks, want)
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("a coordinate is no number:\n%s", text)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for us, want := range map[float64]string{
		0: "0.00 µs", 1.234: "1.23 µs", 12.34: "12.3 µs", 123.4: "123 µs", 999.4: "999 µs", 999.6: "1.00 ms",
		1234: "1.23 ms", 99960: "100 ms", 999600: "1.00 s", 12345678: "12.3 s",
	} {
		if got := duration(us); got != want {
			t.Errorf("%v µs is %q, want %q", us, got, want)
		}
	}
}
