package embedder_test

import (
	"math"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/embedder"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, v := range [][]float32{{3, 4}, {-1}, {1e-30, 1e-30, 0}, {math.MaxFloat32, math.MaxFloat32}} {
		got := slices.Clone(v)
		if !embedder.Normalize(got) {
			t.Errorf("%v has no direction", v)
		}
		var sum float64
		for _, x := range got {
			sum += float64(x) * float64(x)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%v became %v", v, got)
		}
	}
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	for _, v := range [][]float32{nil, {0, 0}, {1, inf}, {nan, 1}} {
		got := slices.Clone(v)
		if embedder.Normalize(got) {
			t.Errorf("%v was normalised", v)
		}
		for i := range v {
			if math.Float32bits(got[i]) != math.Float32bits(v[i]) {
				t.Errorf("%v was changed to %v", v, got)
			}
		}
	}
}
