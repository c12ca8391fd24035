package quant

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var sketchDims = []int{1, 2, 3, 8, 31, 64, 192, 384, 1000, 1024, 4096}

// TestRotationKeepsLengthsAndAngles compares with float64.
func TestRotationKeepsLengthsAndAngles(t *testing.T) {
	t.Parallel()
	for _, dims := range sketchDims {
		r := rand.New(rand.NewPCG(21, uint64(dims)))
		rotation, err := NewRotation(dims)
		if err != nil || rotation.Dims() != dims {
			t.Fatal(err)
		}
		for range 10 {
			a, b := gauss(r, dims), gauss(r, dims)
			ra, rb := make([]float32, dims), make([]float32, dims)
			rotation.Apply(ra, a)
			rotation.Apply(rb, b)
			if got, want := cosine(ra, rb), cosine(a, b); math.Abs(got-want) > 1e-5 {
				t.Errorf("%d dims: cosine %g, want %g", dims, got, want)
			}
			if got, want := length(ra), length(a); math.Abs(got/want-1) > 1e-5 {
				t.Errorf("%d dims: length %g, want %g", dims, got, want)
			}
			rotation.Apply(a, a)
			if !slices.Equal(a, ra) {
				t.Errorf("%d dims: in place it differs", dims)
			}
		}
	}
}

func length(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// TestRotationSpreads: a vector along one axis ends up in all dimensions, none of
// which has much more than its share.
func TestRotationSpreads(t *testing.T) {
	t.Parallel()
	for _, dims := range sketchDims {
		if dims < 8 {
			continue
		}
		rotation, _ := NewRotation(dims)
		for axis := 0; axis < dims; axis += max(1, dims/37) {
			v := make([]float32, dims)
			v[axis] = 1
			rotation.Apply(v, v)
			var peak float64
			for _, x := range v {
				peak = max(peak, math.Abs(float64(x)))
			}
			// Of normally distributed numbers, none of 37·4096 is above 5.1 sigmas.
			if share := peak * math.Sqrt(float64(dims)); share > 5.1 {
				t.Errorf("%d dims: axis %d: an element has %g times its share", dims, axis, share)
			}
		}
	}
}

// TestRotationIsStored: sketches in files were made by this rotation and no other.
func TestRotationIsStored(t *testing.T) {
	t.Parallel()
	for dims, want := range map[int][]float32{
		3:   {-0.5821067, -0.78033, 0.22855334},
		384: {0.023437493, -0.05932617, -0.012451175},
	} {
		rotation, _ := NewRotation(dims)
		v := make([]float32, dims)
		v[0] = 1
		rotation.Apply(v, v)
		for i, x := range want {
			if math.Abs(float64(v[i]-x)) > 1e-6 {
				t.Errorf("%d dims: %v, want %v", dims, v[:len(want)], want)
				break
			}
		}
	}
}

func TestRotationDimsOutOfRange(t *testing.T) {
	t.Parallel()
	for _, dims := range []int{-1, 0, MaxDims + 1} {
		if _, err := NewRotation(dims); !errors.Is(err, ErrDims) {
			t.Errorf("NewRotation(%d): %v", dims, err)
		}
	}
	rotation, _ := NewRotation(3)
	mustPanic(t, func() { rotation.Apply(make([]float32, 2), make([]float32, 3)) })
	mustPanic(t, func() { rotation.Apply(make([]float32, 3), make([]float32, 2)) })
}

func BenchmarkRotation(b *testing.B) {
	rotation, _ := NewRotation(384)
	v := gauss(rand.New(rand.NewPCG(1, 1)), 384)
	for b.Loop() {
		rotation.Apply(v, v)
	}
}
