package kernel

import "math"

// Products of bytes. A row of activations becomes unsigned bytes around 128, in units of
// the row's largest element / 127. A column of weights becomes signed bytes in the same
// way. Their product is exact in integers:
//
//	Σ a·b ≈ row · scale · (Σ (q_a - 128)·q_b) = row · scale · (Σ q_a·q_b - shift)
//
// with shift = 128·Σ q_b, known when the weights are packed. Being exact, the
// sum is the same on every processor.

// Int8Step is the number of elements of the inner dimension taken at once.
const Int8Step = 4

// FastInt8 reports whether products of bytes are in assembly, and so faster than those of
// floats.
func (s *Set) FastInt8() bool { return s.tileInt8 != nil }

// TileInt8 computes m ≤ Rows rows of Cols columns from k bytes, k a multiple of
// Int8Step:
//
//	c[i][j] = rows[i] · float(Σ a[i][x]·b[x][j] - shift[j]) · scale[j] + bias[j]
//
// Column j of step x is at b[(x/4·Cols + j)·4 + x%4]. lda counts bytes. shift[j] is
// 128·Σ b[x][j]; an implementation may take it as known.
func (s *Set) TileInt8(m, k int, a []uint8, lda int, b []int8, shift []int32, scale, bias, rows, c []float32, ldc int) {
	if m < 1 || m > s.Rows || k < Int8Step || k%Int8Step != 0 {
		panic("kernel: tile of a size that it can't have")
	}
	a, b = a[:(m-1)*lda+k], b[:k*s.Cols]
	shift, scale, bias, rows = shift[:s.Cols], scale[:s.Cols], bias[:s.Cols], rows[:m]
	_ = c[(m-1)*ldc+s.Cols-1]
	if s.tileInt8 != nil {
		s.tileInt8(m, k/Int8Step, &a[0], lda, &b[0], &shift[0], &scale[0], &bias[0], &rows[0], &c[0], ldc)
		return
	}
	for i := range m {
		for j := range s.Cols {
			var sum int32
			for x := 0; x < k; x += Int8Step {
				p, q := a[i*lda+x:i*lda+x+4], b[(x/4*s.Cols+j)*4:(x/4*s.Cols+j)*4+4]
				sum += int32(p[0])*int32(q[0]) + int32(p[1])*int32(q[1]) + int32(p[2])*int32(q[2]) + int32(p[3])*int32(q[3])
			}
			c[i*ldc+j] = rows[i]*float32(sum-shift[j])*scale[j] + bias[j]
		}
	}
}

// Quantize writes x to dst as bytes around 128, and returns the value of one unit. dst has
// at least the length of x.
func (s *Set) Quantize(dst []uint8, x []float32) float32 {
	dst = dst[:len(x)]
	if s.quantize != nil && len(x)%s.Lanes == 0 && len(x) > 0 {
		return s.quantize(&dst[0], &x[0], len(x))
	}
	most := float32(1e-30) // of a row of zeros
	for _, v := range x {
		most = max(most, float32(math.Abs(float64(v))))
	}
	inv := 127 / most
	for i, v := range x {
		dst[i] = uint8(int32(math.RoundToEven(float64(v*inv))) + 128)
	}
	return most * (1.0 / 127)
}
