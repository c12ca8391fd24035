package fusion

import (
	"math"
	"slices"
	"testing"
)

func TestBlend(t *testing.T) {
	t.Parallel()
	candidates := []uint32{1, 2, 3, 4}
	cosines := []float32{0.9, 0.7, 0.5, 0.8}
	for _, tt := range []struct {
		name    string
		words   []float32
		ceiling float32
		want    []uint32
	}{
		{"no word is found", []float32{0, 0, 0, 0}, 50, []uint32{1, 4, 2, 3}},
		{"nothing is known of the query", []float32{0, 0, 0, 0}, 0, []uint32{1, 4, 2, 3}},
		{"word for word", []float32{0, 0, 40, 0}, 50, []uint32{3, 1, 4, 2}},
		{"both agree", []float32{40, 0, 20, 0}, 50, []uint32{1, 3, 4, 2}},
		{"ties go by vector", []float32{10, 10, 10, 10}, 100, []uint32{1, 4, 2, 3}},
	} {
		got := Blend(nil, candidates, cosines, tt.words, tt.ceiling)
		if !slices.Equal(nodes(got), tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		for _, h := range got {
			if h.Score < 0 || h.Score > 1+1e-6 {
				t.Errorf("%s: score %v", tt.name, h.Score)
			}
		}
	}
	if got := Blend(hits(9), nil, nil, nil, 1); len(got) != 1 {
		t.Errorf("no candidates: %v", got)
	}
	if got := Blend(nil, []uint32{5}, []float32{0.2}, []float32{3}, 10); len(got) != 1 || math.Abs(float64(got[0].Score)-1) > 1e-6 {
		t.Errorf("one candidate: %v", got)
	}
}

func TestLexicalWeight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		best, ceiling float32
		want          float64
	}{{0, 10, 0}, {1, 0, 0}, {1, 10, 0.7}, {3, 10, 0.9}, {10, 10, 0.9}} {
		if got := LexicalWeight(tt.best, tt.ceiling); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("best %v of %v: %v, want %v", tt.best, tt.ceiling, got, tt.want)
		}
	}
}
