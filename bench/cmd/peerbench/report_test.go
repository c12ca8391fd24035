package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestTruth(t *testing.T) {
	const rows, queries = 600, 4
	rng := rand.New(rand.NewPCG(1, 2))
	vectors := make([]float32, (rows+queries)*dims)
	for at := 0; at < len(vectors); at += dims {
		v, sum := vectors[at:at+dims], 0.0
		for i := range v {
			v[i] = float32(rng.NormFloat64())
			sum += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(sum))
		}
	}
	base, query := vectors[:rows*dims], vectors[rows*dims:]
	for name, keep := range map[string]func(q, row int) bool{
		"all":                             func(int, int) bool { return true },
		"a tenth, another for each query": func(q, row int) bool { return part(row) == q },
		"fewer than k":                    func(_, row int) bool { return row%100 == 7 },
	} {
		t.Run(name, func(t *testing.T) {
			truth := newTruth(base, query, keep)
			found := make([][]int, queries)
			for q := range found {
				type hit struct {
					row int
					dot float64
				}
				var best []hit // by insertion
				for row := range rows {
					if !keep(q, row) {
						continue
					}
					h := hit{row: row}
					for i := range dims {
						h.dot += float64(query[q*dims+i]) * float64(base[row*dims+i])
					}
					best = append(best, h)
					for i := len(best) - 1; i > 0 && best[i].dot > best[i-1].dot; i-- {
						best[i], best[i-1] = best[i-1], best[i]
					}
				}
				for _, h := range best[:min(k, len(best))] {
					found[q] = append(found[q], h.row)
				}
			}
			if got := truth.recall(found); got != 1 {
				t.Errorf("recall of the exact answers = %v, want 1", got)
			}
			if got := truth.recall(found[:2]); got != 1 {
				t.Errorf("recall of the first two queries = %v, want 1", got)
			}
			n := len(found[0])
			found[0][n-1] = found[0][0] // twice the same
			if got, want := truth.recall(found[:1]), float64(n-1)/float64(n); got != want {
				t.Errorf("recall with an answer twice = %v, want %v", got, want)
			}
			found[0] = []int{-1, rows}
			if got := truth.recall(found[:1]); got != 0 {
				t.Errorf("recall of rows that do not exist = %v, want 0", got)
			}
		})
	}
}

func TestRecallOfAnotherFilter(t *testing.T) {
	base := make([]float32, 20*dims)
	for row := range 20 {
		base[row*dims] = 1 // all alike: only the filter tells them apart
	}
	truth := newTruth(base, base[:dims], func(_, row int) bool { return row%2 == 0 })
	if got := truth.recall([][]int{{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}}); got != 0.5 {
		t.Errorf("recall = %v, want 0.5: half of the answers do not pass", got)
	}
}

func TestChoose(t *testing.T) {
	sweep := []searched{
		{Setting: setting{"ef": 16}, Recall: 0.94},
		{Setting: setting{"ef": 32}, Recall: 0.97},
		{Setting: setting{"ef": 64}, Recall: 0.98},
		{Setting: setting{}, Recall: 0.995},
	}
	for recall, want := range map[float64]string{0.9: "ef 16", 0.95: "ef 32", 0.99: "default"} {
		if got := choose(sweep, recall); got == nil || got.String() != want {
			t.Errorf("choose for %v = %v, want %s", recall, got, want)
		}
	}
	if got := choose(sweep, 0.999); got != nil {
		t.Errorf("choose for 0.999 = %v, want nil", got)
	}
	if got := (&database{Chosen: []setting{{"ef": 32}, nil}}).setting(); got.String() != "default" {
		t.Errorf("setting = %v, want the default where no setting reaches the last target", got)
	}
}

func TestMedian(t *testing.T) {
	d := &database{Rounds: []*figures{{Load: 3}, {}, {Load: 1}, {Load: 2}}}
	if got := d.median(func(m *figures) float64 { return unless0(m.Load) }); got != 2 {
		t.Errorf("median = %v, want 2: the round without the figure does not count", got)
	}
	if got := number(new(database).median(func(*figures) float64 { return 1 })); got != "—" {
		t.Errorf("no round at all = %q, want a dash", got)
	}
}

func TestMarkdown(t *testing.T) {
	whole := &figures{
		Load: 4, Peak: 100 << 20, Disk: 50 << 20, Restart: 0.02, Open: 0.01,
		Default: searched{Setting: setting{}, Queries: 10, Recall: 0.96, P50: 0.001, P99: 0.002},
		Targets: []searched{{Setting: setting{}, Queries: 10, Recall: 0.96, P50: 0.001, P99: 0.002}, {}},
	}
	whole.Kill.Acked = 70
	broken := &figures{}
	broken.Kill.Acked, broken.Kill.Error = 60, "torn"
	r := &report{Documents: 1000, Queries: 10, Kill: 100, Commit: "abc", Databases: []*database{
		{Name: "one", Version: "1.0", Chosen: []setting{{}, nil}, Rounds: []*figures{whole, broken}},
		{Name: "two", Error: "crashed"},
	}}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	again := new(report)
	if err := json.Unmarshal(b, again); err != nil {
		t.Fatal(err)
	}
	got := again.markdown()
	for _, want := range []string{
		"| one | 1.0 | 250 | 100 | 50.0 | 20.0 | 10.0 | 0 |",
		"| one | 1.00 | 2.00 | 0.9600 | default | 1.00 | 2.00 | 0.9600 | — | — | — | — |",
		"| one | 130 | 60 | 0 | 1 of 2: torn |",
		"**two is out: crashed**",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
