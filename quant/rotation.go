package quant

import (
	"fmt"
	"math"
	"math/bits"
)

// Rotation is a fixed pseudo-random rotation of vectors with a given number of
// dimensions. It spreads the energy of any vector over all dimensions, so that few
// bits each describe it well, and changes no cosine. It depends on the number of
// dimensions alone, and nothing is learned from the data. It is immutable and may
// be used concurrently.
//
// It is four rounds of random signs and a Walsh–Hadamard transform of the largest
// power of two dimensions, at the front and at the back in turn. Where that is not
// all of them, the two halves are mixed after both have had their turn. (Mixed
// after every transform, an axis and its partner may each be left out of every
// second one, and keep a quarter of their length.) That takes O(n log n) steps,
// where a random matrix would take n².
type Rotation struct {
	dims  int
	flips [rotationRounds][]uint32 // the sign bit, or 0, for each dimension
}

const rotationRounds = 4

// NewRotation returns the rotation of dims dimensions. It returns [ErrDims] if dims
// is not in 1…[MaxDims].
func NewRotation(dims int) (*Rotation, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("%w: %d, want 1 to %d", ErrDims, dims, MaxDims)
	}
	r := &Rotation{dims: dims}
	// SplitMix64: stored sketches depend on these numbers, so they are made here
	// and not by a library.
	state := uint64(dims)
	for i := range r.flips {
		r.flips[i] = make([]uint32, dims)
		for j := range r.flips[i] {
			state += 0x9e3779b97f4a7c15
			z := state
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			z ^= z >> 31
			r.flips[i][j] = uint32(z>>63) << 31
		}
	}
	return r, nil
}

// Dims returns the number of dimensions.
func (r *Rotation) Dims() int { return r.dims }

// Apply writes the rotated v[:Dims] to dst[:Dims]; the two may be the same, but not
// overlap otherwise. Lengths and angles are kept up to rounding. Apply panics if
// one of the two is too short.
func (r *Rotation) Apply(dst, v []float32) {
	dst, v = dst[:r.dims], v[:r.dims]
	width := 1 << (bits.Len(uint(r.dims)) - 1)
	scale := float32(1 / math.Sqrt(float64(width)))
	for i := range r.flips {
		for j, flip := range r.flips[i] {
			dst[j] = math.Float32frombits(math.Float32bits(v[j]) ^ flip)
		}
		v = dst
		from := 0
		if i%2 == 1 {
			from = r.dims - width
		}
		part := dst[from : from+width]
		hadamard(part)
		for j := range part {
			part[j] *= scale
		}
		if i%2 == 1 && width < r.dims {
			mix(dst)
		}
	}
}

// hadamard transforms v, whose length is a power of two, to √len(v) times its
// Walsh–Hadamard transform.
func hadamard(v []float32) {
	n := len(v)
	h := 1
	if bits.Len(uint(n))%2 == 0 { // an odd number of steps: one alone, the others in pairs
		for i := 0; i+2 <= n; i += 2 {
			v[i], v[i+1] = v[i]+v[i+1], v[i]-v[i+1]
		}
		h = 2
	}
	for ; h < n; h *= 4 {
		for i := 0; i < n; i += 4 * h {
			a, b, c, d := v[i:i+h], v[i+h:i+2*h], v[i+2*h:i+3*h], v[i+3*h:i+4*h]
			b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
			for j := range a {
				s, t, u, w := a[j]+b[j], a[j]-b[j], c[j]+d[j], c[j]-d[j]
				a[j], b[j], c[j], d[j] = s+u, t+w, s-u, t-w
			}
		}
	}
}

// mix turns each pair of elements of the two halves of v by 45 degrees. The middle
// one of an odd number stays.
func mix(v []float32) {
	half := len(v) / 2
	a, b := v[:half], v[len(v)-half:]
	b = b[:len(a)]
	for i := range a {
		x, y := a[i], b[i]
		a[i], b[i] = float32(x+y)*(1/math.Sqrt2), float32(x-y)*(1/math.Sqrt2)
	}
}
