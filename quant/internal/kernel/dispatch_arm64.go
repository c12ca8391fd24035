//go:build !noasm

package kernel

import (
	"math"

	"golang.org/x/sys/cpu"
)

// Available returns the implementations that the machine has, the best last.
func Available() []Impl {
	have := []Impl{Generic}
	if cpu.ARM64.HasASIMDDP {
		have = append(have, NEON)
	}
	return have
}

//go:noescape
func dotNEON(a, b *float32, n int) float32

// See stubs_amd64.go.

//go:noescape
func distancesNEON(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int

//go:noescape
func nibblesNEON(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, zero int32) int

//go:noescape
func expandNEON(dst, row *byte, n int)

//go:noescape
func prefetchNEON(chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int)

//go:noescape
func scanNEON(tables *byte, groups, planes int, base int32, scale float32, blocks *byte, n int, floor, shift float32, scores *float32, over *uint64)

//go:noescape
func flipNEON(dst, v *float32, flips *uint32, n int)

//go:noescape
func hadamardNEON(v *float32, n int, scale float32)

//go:noescape
func mixNEON(a, b *float32, n int)

//go:noescape
func nibbleCodesNEON(dst *byte, x *float32, scale float32)

//go:noescape
func signsNEON(first, second *byte, x *float32, n int, step float32, sums *SketchSums)

func (m Impl) distancesAsm(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int {
	return distancesNEON(q, chunks, shift, stride, rows, ids, n, out, norms)
}

func (m Impl) nibblesAsm(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, zero int32) int {
	return nibblesNEON(q, chunks, shift, stride, rows, ids, n, out, zero)
}

func (m Impl) scanAsm(tables *byte, groups, planes int, base int32, scale float32, blocks *byte, n int, floor, shift float32, scores *float32, over *uint64) {
	scanNEON(tables, groups, planes, base, scale, blocks, n, floor, shift, scores, over)
}

func prefetchAsm(chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int) {
	prefetchNEON(chunks, shift, stride, rows, ids, n)
}

func expandAsm(dst, row *byte, n int) { expandNEON(dst, row, n) }

func flipAsm(dst, v *float32, flips *uint32, n int) { flipNEON(dst, v, flips, n) }

func hadamardAsm(v *float32, n int, scale float32) { hadamardNEON(v, n, scale) }

func mixAsm(a, b *float32, n int) { mixNEON(a, b, n) }

func nibbleCodesAsm(dst *byte, x *float32, scale float32) { nibbleCodesNEON(dst, x, scale) }

func signsAsm(first, second *byte, x *float32, n int, step float32, sums *SketchSums) {
	signsNEON(first, second, x, n, step, sums)
}

// Peak returns the largest magnitude of v, ignoring NaNs. It is 0 if v is empty.
func (m Impl) Peak(v []float32) float32 { return peakGeneric(0, v) }

// Round sets dst[i] to v[i]·scale, rounded to the nearest integer, or the even one
// of two. Products outside [-127.5, 127.5] and NaNs give some number in
// [-127, 127]. dst is at least as long as v.
func (m Impl) Round(dst []byte, v []float32, scale float32) { roundGeneric(dst, v, scale) }

// DotF32 returns the dot product of a and b[:len(a)]. It differs from the exact
// value by at most len(a) × 2^-23 × Σ|aᵢ·bᵢ|.
func (m Impl) DotF32(a, b []float32) float32 {
	b = b[:len(a)]
	n := len(a) &^ 15
	if m == Generic || n == 0 {
		return dotGeneric(a, b)
	}
	return dotNEON(&a[0], &b[0], n) + dotGeneric(a[n:], b[n:])
}

// DotsF32 sets out[i] to the dot product of q and row ids[i] of rows, whose rows
// have len(q) elements each. It panics if an id is out of range.
func (m Impl) DotsF32(q, rows []float32, ids []uint32, out []float32) {
	out = out[:len(ids)]
	dims := len(q)
	have := uint32(min(len(rows)/dims, math.MaxUint32))
	for i, id := range ids {
		if id >= have {
			panic(badRow(id, have))
		}
		out[i] = m.DotF32(q, rows[int(id)*dims:(int(id)+1)*dims])
	}
}
