// Package report turns runs into recall, curves and ratios, and writes them as a
// Markdown table, JSON and an SVG.
package report

import (
	"math"
	"slices"
	"time"

	"github.com/fronyai/frony-db/bench/engine"
)

// Figures are the results of some queries.
type Figures struct {
	Recall float64 `json:"recall"` // mean
	Below  float64 `json:"below"`  // share of the queries whose recall is below 0.9
	QPS    float64 `json:"qps"`
}

// Point is one configuration of an engine in one round.
type Point struct {
	engine.Config
	Figures
	P50   time.Duration `json:"p50,omitzero"`
	P99   time.Duration `json:"p99,omitzero"`
	Kinds []Figures     `json:"kinds,omitempty"` // by kind of query
}

// Engine holds the measurements of one engine.
type Engine struct {
	Name   string       `json:"name"`
	Build  engine.Build `json:"build"`
	Rounds [][]Point    `json:"rounds"`
}

// Report is the result of a benchmark.
type Report struct {
	Machine  string    `json:"machine"`
	Kernels  string    `json:"kernels"`
	Commit   string    `json:"commit"`
	Date     string    `json:"date"`
	Set      string    `json:"set"`
	Vectors  int       `json:"vectors"`
	Queries  int       `json:"queries"`
	Dims     int       `json:"dims"`
	HeadDims int       `json:"headDims"`
	Kinds    []string  `json:"kinds,omitempty"` // of the queries, if they have any
	Clock    string    `json:"clock"`
	Targets  []float64 `json:"targets"`
	Engines  []Engine  `json:"engines"`
	LeftOut  []string  `json:"leftOut,omitempty"` // engines that were, and why
}

// Part is a run over the queries of one kind.
type Part struct {
	engine.Run
	Recalls []float64     // of each query
	Taken   time.Duration // by the report's clock
}

// NewPoint makes a Point of runs of the same configuration, one for each kind.
func NewPoint(parts []Part) Point {
	p := Point{Config: parts[0].Config}
	var recalls []float64
	var each []time.Duration
	var taken time.Duration
	for _, part := range parts {
		recalls, each, taken = append(recalls, part.Recalls...), append(each, part.Each...), taken+part.Taken
		if len(parts) > 1 {
			p.Kinds = append(p.Kinds, figures(part.Recalls, part.Taken))
		}
	}
	p.Figures = figures(recalls, taken)
	if len(each) > 0 {
		slices.Sort(each)
		p.P50, p.P99 = each[len(each)/2], each[len(each)*99/100]
	}
	return p
}

func figures(recalls []float64, taken time.Duration) Figures {
	mean, below := Recall(recalls)
	return Figures{Recall: mean, Below: below, QPS: float64(len(recalls)) / taken.Seconds()}
}

// Recall returns the mean of the recalls of some queries, and the share of the queries
// whose recall is below 0.9.
func Recall(recalls []float64) (mean, below float64) {
	for _, r := range recalls {
		mean += r
		if r < 0.9-1e-9 {
			below++
		}
	}
	n := float64(len(recalls))
	return mean / n, below / n
}

// Frontier returns the points that no other point beats in both recall and speed,
// by rising recall.
func Frontier(points []Point) []Point {
	s := slices.Clone(points)
	slices.SortFunc(s, func(a, b Point) int { return compare(b.Recall, a.Recall, b.QPS, a.QPS) })
	var f []Point
	best := 0.0
	for _, p := range s {
		if p.QPS > best {
			best = p.QPS
			f = append(f, p)
		}
	}
	slices.Reverse(f)
	return f
}

func compare(a, b, c, d float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case c < d:
		return -1
	case c > d:
		return 1
	}
	return 0
}

// At returns the queries per second at a recall, read off the frontier: between
// two points along the straight line in recall and the logarithm of the speed,
// and below the lowest recall the speed there. It returns 0 if the recall is not reached.
func At(points []Point, recall float64) float64 {
	f := Frontier(points)
	for i, p := range f {
		if p.Recall < recall {
			continue
		}
		if i == 0 {
			return p.QPS
		}
		o := f[i-1]
		w := (recall - o.Recall) / (p.Recall - o.Recall)
		return math.Exp(math.Log(o.QPS)*(1-w) + math.Log(p.QPS)*w)
	}
	return 0
}

// Spread is a median with its smallest and largest value.
type Spread struct{ Median, Min, Max float64 }

func spread(v []float64) Spread {
	if len(v) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(v))
	return Spread{s[len(s)/2], s[0], s[len(s)-1]}
}

// speed returns an engine's queries per second at a recall over the rounds.
func (e *Engine) speed(recall float64) Spread {
	var v []float64
	for _, r := range e.Rounds {
		v = append(v, At(r, recall))
	}
	return spread(v)
}

// ratio returns how many times as fast as o the engine is at a recall, round by
// round.
func (e *Engine) ratio(o *Engine, recall float64) Spread {
	var v []float64
	for i, r := range e.Rounds {
		if i >= len(o.Rounds) {
			break
		}
		if a, b := At(r, recall), At(o.Rounds[i], recall); a > 0 && b > 0 {
			v = append(v, a/b)
		}
	}
	return spread(v)
}

// median returns for each configuration the median of the rounds.
func (e *Engine) median() []Point {
	var out []Point
	for i := range e.Rounds[0] {
		p := e.Rounds[0][i]
		var qps []float64
		var p50, p99 []time.Duration
		p.Kinds = slices.Clone(p.Kinds)
		for k := range p.Kinds {
			var qps []float64
			for _, r := range e.Rounds {
				qps = append(qps, r[i].Kinds[k].QPS)
			}
			p.Kinds[k].QPS = spread(qps).Median
		}
		for _, r := range e.Rounds {
			qps = append(qps, r[i].QPS)
			p50, p99 = append(p50, r[i].P50), append(p99, r[i].P99)
		}
		p.QPS = spread(qps).Median
		slices.Sort(p50)
		slices.Sort(p99)
		p.P50, p.P99 = p50[len(p50)/2], p99[len(p99)/2]
		out = append(out, p)
	}
	return out
}

// reaching returns the fastest configuration whose recall reaches the target, or nil.
func (e *Engine) reaching(target float64) *Point {
	if len(e.Rounds) == 0 {
		return nil
	}
	for _, p := range Frontier(e.median()) {
		if p.Recall >= target {
			return &p
		}
	}
	return nil
}

// find returns the engine of a name, or nil.
func (r *Report) find(name string) *Engine {
	for i := range r.Engines {
		if r.Engines[i].Name == name {
			return &r.Engines[i]
		}
	}
	return nil
}
