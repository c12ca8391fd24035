package quant

import (
	"fmt"
	"math"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// Normalize scales v in place to unit length (L2). If v has no direction because
// it is empty, all zeros, or contains a NaN or an infinity, Normalize returns false
// and does not change v. It sums squares in float64, so that no finite v overflows
// or underflows.
func Normalize(v []float32) bool {
	// Four sums, so that additions do not wait for each other.
	var sums [4]float64
	rest := v
	for ; len(rest) >= 4; rest = rest[4:] {
		sums[0] += float64(rest[0]) * float64(rest[0])
		sums[1] += float64(rest[1]) * float64(rest[1])
		sums[2] += float64(rest[2]) * float64(rest[2])
		sums[3] += float64(rest[3]) * float64(rest[3])
	}
	for _, x := range rest {
		sums[0] += float64(x) * float64(x)
	}
	sum := sums[0] + sums[1] + (sums[2] + sums[3])
	// A NaN or an infinity among the elements shows in the sum.
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return false
	}
	inv := 1 / math.Sqrt(sum)
	for i, x := range v {
		v[i] = float32(float64(x) * inv)
	}
	return true
}

// Head writes the first len(dst) elements of v to dst, scaled to unit length, and
// returns dst: the Matryoshka embedding of that many dimensions. A head without a
// direction (see [Normalize]) is copied unchanged. Head panics if dst is longer
// than v. dst and v may overlap.
func Head(dst, v []float32) []float32 {
	copy(dst, v[:len(dst)])
	Normalize(dst)
	return dst
}

// Dot returns the dot product of two vectors of the same length: the cosine, if
// both are of unit length. It differs from the exact value by at most
// len(a) × 2^-23 × Σ|aᵢ·bᵢ|, and may differ between machines by as much. It panics
// if the lengths differ.
func Dot(a, b []float32) float32 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("quant: dot product of vectors of %d and %d dimensions", len(a), len(b)))
	}
	return kernel.Best.DotF32(a, b)
}

// Dots compares one vector with many: it sets out[i] to the dot product of q and
// row ids[i] of rows, a slab of contiguous rows of dims elements. It prefetches
// rows, so it is much faster than calling Dot for each if the slab is larger than
// the cache. Its error is that of Dot.
//
// It panics if len(q) is not dims, if out is shorter than ids, or if an id is not
// below len(rows)/dims.
func Dots(q, rows []float32, dims int, ids []uint32, out []float32) {
	if len(q) != dims || dims <= 0 {
		panic(fmt.Sprintf("quant: query of %d dimensions against rows of %d", len(q), dims))
	}
	if len(out) < len(ids) {
		panic(fmt.Sprintf("quant: %d results for %d ids", len(out), len(ids)))
	}
	kernel.Best.DotsF32(q, rows, ids, out)
}
