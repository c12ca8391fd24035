package eval

import (
	"math"
	"slices"
)

// Cutoffs are the k of Accuracy@k.
var Cutoffs = [...]int{1, 3, 5, 10}

// depth is the number of results that are requested. All measures stop there.
const depth = 10

// Metrics are means over queries, fractions from 0 to 1.
type Metrics struct {
	Accuracy1  float64 `json:"accuracy@1"`
	Accuracy3  float64 `json:"accuracy@3"`
	Accuracy5  float64 `json:"accuracy@5"`
	Accuracy10 float64 `json:"accuracy@10"`
	MRR10      float64 `json:"mrr@10"`
	NDCG10     float64 `json:"ndcg@10"`
}

// fields lists the metrics in the order of the tables.
func (m *Metrics) fields() []*float64 {
	return []*float64{&m.Accuracy1, &m.Accuracy3, &m.Accuracy5, &m.Accuracy10, &m.MRR10, &m.NDCG10}
}

var titles = []string{"Accuracy@1", "Accuracy@3", "Accuracy@5", "Accuracy@10", "MRR@10", "nDCG@10"}

// combine sets each metric to f of its values in all.
func combine(all []*Metrics, f func(values []float64) float64) (m Metrics) {
	values := make([]float64, len(all))
	for i, field := range m.fields() {
		for j := range all {
			values[j] = *all[j].fields()[i]
		}
		*field = f(values)
	}
	return m
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}

// Measure compares one ranking, best first and each document once, with the
// grades of its query.
func Measure(ranking []string, grades map[string]int) (m Metrics) {
	ranking = ranking[:min(depth, len(ranking))]
	dcg := 0.0
	for i, id := range ranking {
		if grades[id] <= 0 {
			continue
		}
		if m.MRR10 == 0 {
			m.MRR10 = 1 / float64(i+1)
			for j, field := range m.fields()[:len(Cutoffs)] {
				if i < Cutoffs[j] {
					*field = 1
				}
			}
		}
		dcg += float64(grades[id]) / math.Log2(float64(i+2))
	}
	if dcg > 0 {
		m.NDCG10 = dcg / ideal(grades)
	}
	return m
}

// ideal is the gain of the best order.
func ideal(grades map[string]int) (dcg float64) {
	sorted := make([]int, 0, len(grades))
	for _, grade := range grades {
		sorted = append(sorted, grade)
	}
	slices.Sort(sorted)
	slices.Reverse(sorted)
	for i, grade := range sorted[:min(depth, len(sorted))] {
		dcg += float64(grade) / math.Log2(float64(i+2))
	}
	return dcg
}
