package quant

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/fronyai/frony-db/quant/internal/kernel"
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
	for i, flips := range r.flips {
		kernel.Best.Flip(dst, v, flips)
		v = dst
		from := 0
		if i%2 == 1 {
			from = r.dims - width
		}
		kernel.Best.Hadamard(dst[from:from+width], scale)
		if i%2 == 1 && width < r.dims {
			half := r.dims / 2 // the middle one of an odd number stays
			kernel.Best.Mix(dst[:half], dst[r.dims-half:])
		}
	}
}

// direction writes the rotated v[:Dims] to x and returns its length. Numbers whose
// squares are too large or too small are scaled first. The length is 0 if v has no
// direction (see [Normalize]).
func (r *Rotation) direction(x, v []float32) float32 {
	v = v[:r.dims]
	length := float32(1)
	if square := kernel.Best.DotF32(v, v); square > 1e-30 && square < 1e30 {
		length = float32(math.Sqrt(float64(square)))
	} else {
		copy(x, v)
		if !Normalize(x) {
			return 0
		}
		v = x
	}
	r.Apply(x, v)
	return length
}
