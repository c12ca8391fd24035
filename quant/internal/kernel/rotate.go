package kernel

import (
	"math"
	"math/bits"
)

// The steps of a rotation. Every number of the result is made by the same float32
// operations in the same order in all implementations, so that all agree on every
// bit: what was stored on one machine is right on another.

// flipGeneric writes v to dst with the signs of those changed that have a sign bit
// in flips.
func flipGeneric(dst, v []float32, flips []uint32) {
	dst, v = dst[:len(flips)], v[:len(flips)]
	for i, f := range flips {
		dst[i] = math.Float32frombits(math.Float32bits(v[i]) ^ f)
	}
}

// hadamardGeneric transforms v, whose length is a power of two, to its
// Walsh–Hadamard transform times scale: first neighbours are added and subtracted,
// then elements two apart, four apart, and so on.
func hadamardGeneric(v []float32, scale float32) {
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
	for i := range v {
		v[i] *= scale
	}
}

// mixGeneric turns the pairs of elements of a and b by 45 degrees.
func mixGeneric(a, b []float32) {
	b = b[:len(a)]
	for i, x := range a {
		y := b[i]
		a[i], b[i] = float32(x+y)*(1/math.Sqrt2), float32(x-y)*(1/math.Sqrt2)
	}
}
