package embedder

import "math"

// Normalize scales v to unit length in place, for an Embedder whose model does not.
// It returns false, and leaves v unchanged, if v has no direction: if it is empty,
// zero, or holds a NaN or an infinity.
func Normalize(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	norm := math.Sqrt(sum)
	if !(norm > 0) || math.IsInf(norm, 0) {
		return false
	}
	for i, x := range v {
		v[i] = float32(float64(x) / norm)
	}
	return true
}
