package eval

import (
	"math"
	"strconv"
	"testing"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	ids := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, strconv.Itoa(i+1))
		}
		return ids
	}
	log := math.Log2
	for _, tt := range []struct {
		name    string
		ranking []string
		grades  map[string]int
		want    Metrics
	}{
		{"nothing found", nil, map[string]int{"1": 1}, Metrics{}},
		{"nothing relevant", ids(10), map[string]int{"99": 1, "1": 0}, Metrics{}},
		{"first", ids(10), map[string]int{"1": 1}, Metrics{1, 1, 1, 1, 1, 1}},
		{"third", ids(10), map[string]int{"3": 1}, Metrics{0, 1, 1, 1, 1. / 3, 1 / log(4)}},
		{"fourth", ids(10), map[string]int{"4": 1}, Metrics{0, 0, 1, 1, 1. / 4, 1 / log(5)}},
		{"tenth", ids(10), map[string]int{"10": 1}, Metrics{0, 0, 0, 1, 1. / 10, 1 / log(11)}},
		{"eleventh", ids(11), map[string]int{"11": 1}, Metrics{}},
		{
			"two of three, graded", ids(5),
			map[string]int{"2": 1, "4": 3, "9": 2, "5": 0},
			Metrics{0, 1, 1, 1, 1. / 2, (1/log(3) + 3/log(5)) / (3 + 2/log(3) + 1/log(4))},
		},
	} {
		got := Measure(tt.ranking, tt.grades)
		for i, field := range got.fields() {
			if math.Abs(*field-*tt.want.fields()[i]) > 1e-12 {
				t.Errorf("%s: %s is %v, want %v", tt.name, titles[i], *field, *tt.want.fields()[i])
			}
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []float64
		p      int
		want   float64
	}{
		{nil, 50, 0},
		{[]float64{3}, 99, 3},
		{[]float64{4, 1, 3, 2}, 50, 2},
		{[]float64{5, 4, 3, 2, 1}, 50, 3},
		{[]float64{5, 4, 3, 2, 1}, 99, 5},
		{[]float64{5, 4, 3, 2, 1}, 0, 1},
	} {
		if got := percentile(tt.values, tt.p); got != tt.want {
			t.Errorf("percentile %d of %v is %v, want %v", tt.p, tt.values, got, tt.want)
		}
	}
}
