package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	figures "github.com/fronyai/frony-db/bench/report"
	"github.com/fronyai/frony-db/db"
)

// report is what -json writes.
type report struct {
	Machine   string  `json:"machine"`
	CPUs      int     `json:"cpus"`
	Commit    string  `json:"commit"`
	Date      string  `json:"date"`
	Documents int     `json:"documents"`
	Model     string  `json:"model"`
	Mode      db.Mode `json:"mode"`
	Filter    string  `json:"filter,omitempty"`
	Recall    float32 `json:"recall,omitempty"` // that was asked for; 0 for the product's default
	Rows      []row   `json:"rows"`
}

// row is a line of the table: the questions of a kind, for k results.
type row struct {
	K         int             `json:"k"`
	Kind      string          `json:"kind"`
	Questions int             `json:"questions"` // that have results
	Recall    float64         `json:"recall"`    // mean
	P5        float64         `json:"p5"`        // the recall that 95 of 100 questions have at least
	P1        float64         `json:"p1"`
	Below     float64         `json:"below"` // share of the questions whose recall is below 0.9
	Lost      float64         `json:"lost"`  // share of the questions whose first result is not found
	P50       time.Duration   `json:"p50"`
	P99       time.Duration   `json:"p99"`
	CPU       time.Duration   `json:"cpu"`   // median
	Plans     map[db.Plan]int `json:"plans"` // questions
}

// sample is what some questions gave.
type sample struct {
	recalls    []float64
	times, cpu []time.Duration
	lost       int
	plans      map[db.Plan]int
}

func (s *sample) add(o sample) {
	s.recalls, s.times, s.cpu, s.lost = append(s.recalls, o.recalls...), append(s.times, o.times...), append(s.cpu, o.cpu...), s.lost+o.lost
	if s.plans == nil {
		s.plans = make(map[db.Plan]int)
	}
	for p, n := range o.plans {
		s.plans[p] += n
	}
}

const head = "| questions | recall | p5 | p1 | below .9 | first lost | p50 | p99 | CPU | plans |\n" +
	"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n"

// add adds a row, and prints it.
func (r *report) add(k int, kind string, s sample) {
	n := len(s.recalls)
	if n == 0 {
		fmt.Printf("| %s | no question has a result |\n", kind)
		return
	}
	recalls, times, cpu := slices.Sorted(slices.Values(s.recalls)), slices.Sorted(slices.Values(s.times)), slices.Sorted(slices.Values(s.cpu))
	x := row{
		K: k, Kind: kind, Questions: n, P5: recalls[n/20], P1: recalls[n/100], Lost: float64(s.lost) / float64(n),
		P50: times[len(times)/2], P99: times[len(times)*99/100], CPU: cpu[len(cpu)/2], Plans: s.plans,
	}
	x.Recall, x.Below = figures.Recall(recalls)
	r.Rows = append(r.Rows, x)
	var plans []string
	for _, p := range slices.SortedFunc(maps.Keys(s.plans), func(a, b db.Plan) int { return cmp.Compare(s.plans[b], s.plans[a]) }) {
		plans = append(plans, fmt.Sprintf("%s %d", p, s.plans[p]))
	}
	us := func(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
	fmt.Printf("| %s | %.4f | %.2f | %.2f | %.3f | %.4f | %v | %v | %v | %s |\n",
		x.Kind, x.Recall, x.P5, x.P1, x.Below, x.Lost, us(x.P50), us(x.P99), us(x.CPU), strings.Join(plans, ", "))
}
