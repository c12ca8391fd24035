package hnsw

import (
	"math"
	"testing"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		s              Search
		nodes, allowed int
		scan           bool
	}{
		// A walk of 100,000 nodes with a beam of 64 costs 14·17 + 5·64 = 558
		// distances, and a scan a quarter of the allowed nodes.
		{"few nodes", Search{K: 10, Ef: 64}, 1000, 1000, true},
		{"many nodes", Search{K: 10, Ef: 64}, 100_000, 100_000, false},
		{"few allowed", Search{K: 10, Ef: 64}, 100_000, 2232, true},
		{"a few more allowed", Search{K: 10, Ef: 64}, 100_000, 2236, false},
		{"the default beam", Search{K: 10}, 100_000, 2232, true},
		{"the default beam, a few more allowed", Search{K: 32}, 100_000, 2236, false},
	} {
		f, scan := plan(c.s, c.nodes, c.allowed)
		if scan != c.scan {
			t.Errorf("%s: scan %v, want %v", c.name, scan, c.scan)
		}
		if filtered := c.allowed < c.nodes; filtered && (f.trial != 558 || f.budget != c.allowed/4) || !filtered && f.budget != math.MaxInt {
			t.Errorf("%s: trial %d, budget %d", c.name, f.trial, f.budget)
		}
	}
	for s, want := range map[Search]int{{K: 10}: 64, {K: 50}: 100, {K: 10, Ef: 7}: 10, {K: 1, Ef: 300}: 300} {
		if f, _ := plan(s, 100_000, 100_000); f.ef != want {
			t.Errorf("%+v: a beam of %d, want %d", s, f.ef, want)
		}
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		live, evals int
		budget      int
		ef          int // 0: the walk ends
	}{
		{"the beam is full", 64, 600, 1000, 64},
		{"it will fill in time", 40, 600, 50_000, 64},
		{"it would exceed its budget", 1, 600, 1000, 0},
		{"the query lies outside", 10, 600, 50_000, 128}, // of all nodes a tenth is allowed, of those met a sixtieth
	} {
		w := &scratch{live: c.live, evals: c.evals}
		f := effort{ef: 64, trial: 558, budget: c.budget, share: 0.1}
		continues := w.resume(&f)
		if continues != (c.ef > 0) || continues && f.ef != c.ef {
			t.Errorf("%s: continues %v, with ef %d", c.name, continues, f.ef)
		}
		if f.trial != math.MaxInt {
			t.Errorf("%s: it would be asked again", c.name)
		}
	}
}
