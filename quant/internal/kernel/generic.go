package kernel

import "math"

// Key turns the products q·r, q·q and r·r of two codes into a distance key. The
// conversions to float32 prevent the compiler from fusing operations, which would
// change the last bit.
func Key(dot, qq, rr int32) uint32 {
	p := float32(float32(max(qq, 1)) * float32(max(rr, 1)))
	cos := float32(float32(dot) / float32(math.Sqrt(float64(p))))
	return uint32(float32(max(0, float32(1-cos)) * KeyOne))
}

// DotCodes returns the dot product of two codes of the same length.
func DotCodes(a, b []byte) int32 {
	var s int32
	b = b[:len(a)]
	for i, x := range a {
		s += int32(int8(x)) * int32(int8(b[i]))
	}
	return s
}

func distancesGeneric(q []byte, t *Table, ids, out []uint32) {
	qq := DotCodes(q, q)
	for i, id := range ids {
		row := t.Row(id)
		out[i] = Key(DotCodes(q, row), qq, DotCodes(row, row))
	}
}

func productsGeneric(q []byte, t *Table, ids []uint32, p *Products) {
	for i, id := range ids {
		row := t.Row(id)
		p.Dots[i], p.Norms[i] = DotCodes(q, row), DotCodes(row, row)
	}
}

func dotGeneric(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func dotsGeneric(q, rows []float32, ids []uint32, out []float32) {
	dims := len(q)
	n := uint32(min(len(rows)/dims, math.MaxUint32))
	for i, id := range ids {
		if id >= n {
			panic(badRow(id, n))
		}
		o := int(id) * dims
		out[i] = dotGeneric(q, rows[o:o+dims])
	}
}

// peakGeneric returns the larger of top and the magnitudes of v.
func peakGeneric(top float32, v []float32) float32 {
	for _, x := range v {
		if x < 0 {
			x = -x
		}
		if x > top {
			top = x
		}
	}
	return top
}

// roundGeneric rounds by adding 1.5·2^23, which leaves no bits for a fraction: the
// integer is in the low bits of the float. A NaN becomes one of the limits.
func roundGeneric(dst []byte, v []float32, scale float32) {
	const shifter = 3 << 22
	dst = dst[:len(v)]
	for i, x := range v {
		n := int32(math.Float32bits(float32(x*scale)+shifter)) - int32(math.Float32bits(shifter))
		dst[i] = byte(int8(max(-127, min(127, n))))
	}
}
