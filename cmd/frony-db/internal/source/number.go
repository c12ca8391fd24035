package source

import (
	"math"
	"strconv"
)

// pow10 holds the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloat32 reads a JSON number as the nearest float32. It is strconv's, with
// a short way for what embeddings are made of: up to 15 digits and a small
// exponent. There digits and power of ten are exact in float64, so that one
// operation gives the correctly rounded float64. Rounding that to float32 is right
// as well, unless it lies in the middle between two of them, where the first
// rounding may have hidden the side: that, and what is subnormal, goes the long
// way.
func parseFloat32(b []byte) (float32, bool) {
	if f, ok := shortFloat32(b); ok {
		return f, true
	}
	f, err := strconv.ParseFloat(string(b), 32)
	return float32(f), err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// shortFloat32 is the short way; false means to take the other. It is given
// numbers as JSON writes them.
func shortFloat32(b []byte) (float32, bool) {
	i, negative := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, negative = 1, true
	}
	first := i
	var m uint64
	digits, exp := 0, 0
	for ; i < len(b) && '0' <= b[i] && b[i] <= '9'; i++ {
		m = m*10 + uint64(b[i]-'0')
		digits++
	}
	if i < len(b) && b[i] == '.' {
		dot := i
		for i++; i < len(b) && '0' <= b[i] && b[i] <= '9'; i++ {
			m = m*10 + uint64(b[i]-'0')
		}
		exp = dot + 1 - i
		digits += i - dot - 1
	}
	if digits == 0 || digits > 15+leadingZeros(b[first:]) {
		return 0, false
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		e, err := strconv.Atoi(string(b[i+1:]))
		if err != nil || e < -100 || e > 100 {
			return 0, false
		}
		exp, i = exp+e, len(b)
	}
	if i < len(b) || exp < -22 || exp > 22 {
		return 0, false
	}
	f := float64(m)
	if exp < 0 {
		f /= pow10[-exp]
	} else {
		f *= pow10[exp]
	}
	const middle = 1 << 28 // the 29 bits that float32 lacks, half of their range
	if math.Float64bits(f)&(2*middle-1) == middle || f < 1e-37 && f != 0 {
		return 0, false
	}
	if negative {
		f = -f
	}
	return float32(f), true
}

// leadingZeros counts the zeros before the first other digit.
func leadingZeros(b []byte) int {
	n := 0
	for _, c := range b {
		switch c {
		case '0':
			n++
		case '.':
		default:
			return n
		}
	}
	return n
}
