package eval

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// resamples is the number of samples of a bootstrap.
const resamples = 5000

// A Comparison is of two runs of a mode on the same queries of a set, or the mean over
// several sets.
type Comparison struct {
	Set          string       `json:"set"` // "" for the mean of the sets with a perturbation
	Perturbation Perturbation `json:"perturbation,omitempty"`
	Mode         Mode         `json:"mode"`

	Queries int `json:"queries"`
	Better  int `json:"better"` // queries whose first relevant document ranks higher among ten
	Worse   int `json:"worse"`

	Accuracy1  Difference `json:"accuracy@1"`
	Accuracy10 Difference `json:"accuracy@10"`
	MRR10      Difference `json:"mrr@10"`
}

// A Difference of two means over the same queries. It lies between Low and High with a
// confidence of 95 %. P is the probability of a difference at least so far from 0 if
// there is none. Both are of a paired bootstrap (Efron 1979).
type Difference struct {
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	P      float64 `json:"p"`
}

// compared are the measures that are compared, of a rank.
var compared = [3]func(rank int) float64{
	func(rank int) float64 { return boolean(rank == 1) },
	func(rank int) float64 { return boolean(rank > 0) },
	func(rank int) float64 {
		if rank == 0 {
			return 0
		}
		return 1 / float64(rank)
	},
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// pairs are the measures of the queries of one set and mode in both runs.
type pairs struct {
	set           string
	perturbation  Perturbation
	mode          Mode
	before, after [][len(compared)]float64
	better, worse int
}

// Compare compares two runs on the queries that both have, for each set and mode that
// both have, in the order of after, followed by the means over the sets. It fails if they
// share none, or if one asked a query with another text. The same seed gives the same
// figures.
func Compare(before, after []Question, seed uint64) ([]Comparison, error) {
	type key struct{ set, id string }
	known := make(map[key]*Question, len(before))
	for i, q := range before {
		known[key{q.Set, q.ID}] = &before[i]
	}
	var all []*pairs
	of := func(q *Question, mode Mode) *pairs {
		for _, p := range all {
			if p.set == q.Set && p.mode == mode {
				return p
			}
		}
		all = append(all, &pairs{set: q.Set, perturbation: q.Perturbation, mode: mode})
		return all[len(all)-1]
	}
	for _, q := range after {
		old := known[key{q.Set, q.ID}]
		if old == nil {
			continue
		}
		if old.Text != q.Text {
			return nil, fmt.Errorf("query %q of %s was %q and is %q: only runs on the same queries can be compared", q.ID, q.Set, old.Text, q.Text)
		}
		for _, mode := range Modes {
			was, had := old.Modes[mode]
			if is, has := q.Modes[mode]; had && has {
				of(&q, mode).add(was.Rank, is.Rank)
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the runs share no query that was searched in the same mode")
	}
	var out []Comparison
	for _, p := range all {
		out = append(out, compare(p.set, []*pairs{p}, seed))
	}
	for _, perturbation := range append([]Perturbation{""}, Perturbations...) {
		for _, mode := range Modes {
			some := slices.DeleteFunc(slices.Clone(all), func(p *pairs) bool { return p.mode != mode || p.perturbation != perturbation })
			if len(some) > 1 {
				out = append(out, compare("", some, seed))
			}
		}
	}
	return out, nil
}

func (p *pairs) add(before, after int) {
	var b, a [len(compared)]float64
	for i, measure := range compared {
		b[i], a[i] = measure(before), measure(after)
	}
	p.before, p.after = append(p.before, b), append(p.after, a)
	switch last := len(compared) - 1; {
	case a[last] > b[last]:
		p.better++
	case a[last] < b[last]:
		p.worse++
	}
}

// compare takes the mean over sets of which each counts as much as the others.
func compare(set string, sets []*pairs, seed uint64) Comparison {
	c := Comparison{Set: set, Perturbation: sets[0].perturbation, Mode: sets[0].mode}
	diffs := [3]*Difference{&c.Accuracy1, &c.Accuracy10, &c.MRR10}
	for _, p := range sets {
		c.Queries += len(p.before)
		c.Better, c.Worse = c.Better+p.better, c.Worse+p.worse
		for i, d := range diffs {
			for j := range p.before {
				share := 1 / float64(len(p.before)*len(sets))
				d.Before += p.before[j][i] * share
				d.After += p.after[j][i] * share
			}
		}
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	var samples [len(compared)][]float64
	for range resamples {
		var sum [len(compared)]float64
		for _, p := range sets {
			share := 1 / float64(len(p.before)*len(sets))
			for range p.before {
				j := rng.IntN(len(p.before))
				for i := range sum {
					sum[i] += (p.after[j][i] - p.before[j][i]) * share
				}
			}
		}
		for i := range sum {
			samples[i] = append(samples[i], sum[i])
		}
	}
	for i, d := range diffs {
		d.bound(samples[i])
	}
	return c
}

// bound sets the limits and P by resampled differences.
func (d *Difference) bound(samples []float64) {
	const none = 1e-9 // a sum that is 0 but for rounding
	slices.Sort(samples)
	d.Low, d.High = samples[len(samples)*25/1000], samples[len(samples)*975/1000-1]
	notAbove, notBelow := 0, 0
	for _, v := range samples {
		if v < none {
			notAbove++
		}
		if v > -none {
			notBelow++
		}
	}
	d.P = min(1, 2*float64(min(notAbove, notBelow))/float64(len(samples)))
}
