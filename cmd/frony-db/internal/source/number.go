package source

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// pow10 has the powers of ten that are exact in float64.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// wholePow10 has the powers of ten that shift digits to the left of at most eight
// others.
var wholePow10 = [...]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000}

// parseFloat32 reads a JSON number as the nearest float32. It returns false if there is
// none.
func parseFloat32(b []byte) (float32, bool) {
	f, err := strconv.ParseFloat(string(b), 32)
	return float32(f), err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// shortFloat32 reads the JSON number that b begins with and returns its length.
// Zero means to take the other way: b does not begin with a number, or the number
// has more than 19 digits, a large exponent, or a value that this way cannot decide.
//
// The digits are a uint64. As float64 they are off by at most half a unit in the
// last place, and the power of ten, which is exact there, adds as much by its one
// operation. So rounding to float32 is right unless the result lies within four
// such units of the middle between two float32.
func shortFloat32(b []byte) (f float32, n int) {
	i := 0
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		i = 1
	}
	m, k := wholeDigits(b[i:])
	if k == 0 {
		return 0, 0
	}
	i += k
	exp := 0
	if i < len(b) && b[i] == '.' {
		if m, k = fractionDigits(b[i+1:], m); k == 0 {
			return 0, 0
		}
		exp, i = -k, i+1+k
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		e, k := exponent(b[i:])
		if k == 0 {
			return 0, 0
		}
		exp, i = exp+e, i+k
	}
	x, ok := scaled(m, exp)
	if !ok {
		return 0, 0
	}
	if negative {
		x = -x
	}
	return float32(x), i
}

// wholeDigits reads the digits before a dot, nine at most and no zero before
// others, and returns how many they are, or 0.
func wholeDigits(b []byte) (m uint64, n int) {
	for ; n < len(b) && b[n]-'0' < 10; n++ {
		if m = m*10 + uint64(b[n]-'0'); n == 9 {
			return 0, 0
		}
	}
	if n > 1 && b[0] == '0' {
		return 0, 0
	}
	return m, n
}

// fractionDigits appends the digits behind a dot to m and returns how many they
// are, or 0 if there are none or too many.
func fractionDigits(b []byte, m uint64) (digits uint64, n int) {
	for len(b) >= n+8 && m < 1e11 {
		k, more := eightDigits(binary.LittleEndian.Uint64(b[n:]))
		m, n = m*wholePow10[k]+more, n+k
		if k < 8 {
			break
		}
	}
	for ; n < len(b) && b[n]-'0' < 10; n++ {
		if m >= 1e18 {
			return 0, 0
		}
		m = m*10 + uint64(b[n]-'0')
	}
	return m, n
}

// scaled is m times a power of ten, if it rounds to a float32 without doubt.
func scaled(m uint64, exp int) (x float64, ok bool) {
	x = float64(m)
	switch {
	case exp < -22 || exp > 22:
		return 0, false
	case exp < 0:
		x /= pow10[-exp]
	default:
		x *= pow10[exp]
	}
	return x, !between(x) && (x == 0 || x >= 1e-37) && x <= 3.4e38
}

// fractionRoom is the number of bytes that fraction may read.
const fractionRoom = 24

// fraction is shortFloat32 for the numbers that most embeddings consist of: between
// −10 and 10, without exponent, with up to 16 digits after the dot, followed by a comma
// or the array's end. It does not branch on sign or length, which are random and would
// cost more than the work itself. b has at least fractionRoom bytes.
func fraction(b []byte) (f float32, n int) {
	minus := (uint32(b[0]^'-') - 1) >> 31
	i := int(minus)
	whole := uint64(b[i] - '0')
	if whole > 9 || b[i+1] != '.' {
		return 0, 0
	}
	i += 2
	k, m := eightDigits(binary.LittleEndian.Uint64(b[i:]))
	more, low := eightDigits(binary.LittleEndian.Uint64(b[i+k:])) // none if k < 8
	m = (whole*wholePow10[k]+m)*wholePow10[more] + low
	k += more
	x := float64(m) / pow10[k]
	if end := b[i+k]; k == 0 || end != ',' && end != ']' || between(x) {
		return 0, 0
	}
	return math.Float32frombits(math.Float32bits(float32(x)) | minus<<31), i + k
}

// between reports whether x is close to the middle between two float32.
func between(x float64) bool {
	const lost = 1<<29 - 1 // the bits of a float64 that a float32 lacks
	return math.Float64bits(x)&lost-(lost+1)/2+4 <= 8
}

// eightDigits parses the decimal digits that the bytes of u begin with, lowest byte
// first, all at once.
func eightDigits(u uint64) (n int, value uint64) {
	const each = 0x0101010101010101
	u ^= '0' * each
	other := (u + 0x76*each | u) & (0x80 * each) // exact up to the first byte that is not a digit
	n = bits.TrailingZeros64(other) / 8
	u <<= 64 - 8*n // as if preceded by zeros
	u = (u * (10<<8 + 1)) >> 8 & 0x00ff00ff00ff00ff
	u = (u * (100<<16 + 1)) >> 16 & 0x0000ffff0000ffff
	return n, (u * (10_000<<32 + 1)) >> 32
}

// exponent reads an exponent of one or two digits and returns its length, or 0.
func exponent(b []byte) (e, n int) {
	i, negative := 1, false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		negative = b[i] == '-'
		i++
	}
	first := i
	for ; i < len(b) && b[i]-'0' < 10; i++ {
		e = e*10 + int(b[i]-'0')
	}
	if i == first || i > first+2 {
		return 0, 0
	}
	if negative {
		e = -e
	}
	return e, i
}
