package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func equalBits(t *testing.T, what string, n int, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if math.Float32bits(got[i]) != math.Float32bits(w) {
			t.Fatalf("%s of %d: element %d is %g, want %g", what, n, i, got[i], w)
		}
	}
}

func randomFloats(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func TestRotationStepsEqualGeneric(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(71, 72))
		for n := 1; n <= 4096; n *= 2 {
			v := randomFloats(r, n+1)
			got, want := append([]float32{}, v...), append([]float32{}, v...)
			m.Hadamard(got[:n], 0.7)
			hadamardGeneric(want[:n], 0.7)
			equalBits(t, "Hadamard", n, got, want)
		}
		for _, n := range lengths {
			v, flips := randomFloats(r, n+1), make([]uint32, n)
			for i := range flips {
				flips[i] = r.Uint32() &^ (1<<31 - 1)
			}
			got, want := randomFloats(r, n+1), make([]float32, n+1)
			copy(want, got)
			m.Flip(got, v, flips)
			flipGeneric(want, v, flips)
			equalBits(t, "Flip", n, got, want)
			m.Flip(v, v, flips)
			equalBits(t, "Flip in place", n, v, want[:n])

			a, b := randomFloats(r, n), randomFloats(r, n+1)
			wantA, wantB := append([]float32{}, a...), append([]float32{}, b...)
			m.Mix(a, b)
			mixGeneric(wantA, wantB)
			equalBits(t, "Mix", n, a, wantA)
			equalBits(t, "Mix", n, b, wantB)
		}
	})
}

// TestHadamard compares with the definition, in float64.
func TestHadamard(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(73, 74))
	for n := 1; n <= 256; n *= 2 {
		v := randomFloats(r, n)
		want := make([]float64, n)
		for i := range want {
			for j, x := range v {
				sign := 1.0
				for bit := i & j; bit > 0; bit &= bit - 1 {
					sign = -sign
				}
				want[i] += sign * float64(x) * 0.5
			}
		}
		Best.Hadamard(v, 0.5)
		for i, x := range v {
			if math.Abs(float64(x)-want[i]) > 1e-4 {
				t.Errorf("length %d: element %d is %g, want %g", n, i, x, want[i])
			}
		}
	}
}
