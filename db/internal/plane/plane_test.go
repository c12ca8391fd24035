package plane

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Vectors that differ along two known directions, and little along all others.
func TestPlaneFindsTheDirections(t *testing.T) {
	t.Parallel()
	const dims, n = 96, 3000
	rng := rand.New(rand.NewPCG(7, 7))
	a, b := make([]float64, dims), make([]float64, dims)
	for i := range a {
		a[i], b[i] = rng.NormFloat64(), rng.NormFloat64()
	}
	basis := orthonormal([][]float64{a, b})
	rows := make([]float32, 0, n*dims)
	for range n {
		u, v := 3*rng.NormFloat64(), 2*rng.NormFloat64()
		for j := range dims {
			rows = append(rows, float32(0.5+u*basis[0][j]+v*basis[1][j]+0.1*rng.NormFloat64()))
		}
	}
	p := Of(rows, dims)
	for i := range 2 {
		d := 0.0
		for j, x := range p.axes[i] {
			d += float64(x) * basis[i][j]
		}
		if math.Abs(d) < 0.999 {
			t.Errorf("direction %d: cosine %.4f with the true one", i, d)
		}
	}
	total := 9 + 4 + 0.01*dims
	if w := []float64{9 / total, 4 / total}; math.Abs(p.Shares[0]-w[0]) > 0.03 || math.Abs(p.Shares[1]-w[1]) > 0.03 {
		t.Errorf("shares %v, want about %v", p.Shares, w)
	}
	var x, y float64
	for i := range n {
		px, py := p.Place(rows[i*dims : (i+1)*dims])
		x, y = x+float64(px), y+float64(py)
	}
	if math.Abs(x/n) > 1e-3 || math.Abs(y/n) > 1e-3 {
		t.Errorf("the mean is at %v, %v", x/n, y/n)
	}
	if again := Of(rows, dims); again.Shares != p.Shares {
		t.Error("the same vectors have another plane")
	}
}

// What has no two directions has none, and no NaN.
func TestPlaneOfLittle(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string][]float32{
		"none": {}, "one": {1, 0, 0}, "equal": {1, 0, 0, 1, 0, 0, 1, 0, 0}, "a line": {1, 0, 0, -1, 0, 0, 0.5, 0, 0}, "zeros": {0, 0, 0},
	} {
		p := Of(rows, 3)
		x, y := p.Place([]float32{0, 1, 0})
		if math.IsNaN(float64(x+y)) || p.Shares[1] != 0 || (name == "a line") != (p.Shares[0] > 0.999) {
			t.Errorf("%s: %v at %v, %v", name, p.Shares, x, y)
		}
	}
	if p := Of([]float32{1, 2, 3}, 1); p.Shares[0] < 0.999 {
		t.Error(p.Shares)
	}
}
