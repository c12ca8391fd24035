//go:build !noasm

package kernel

import (
	"math"

	"golang.org/x/sys/cpu"
)

// Available returns the implementations that the machine has, the best last.
func Available() []Impl {
	have := []Impl{Generic}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI2 {
		have = append(have, AVX2)
		if x := cpu.X86; x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512VNNI {
			have = append(have, VNNI)
		}
	}
	return have
}

func (m Impl) distancesAsm(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int {
	if m == VNNI {
		return distancesVNNI(q, chunks, shift, stride, rows, ids, n, out, norms)
	}
	return distancesAVX2(q, chunks, shift, stride, rows, ids, n, out, norms)
}

func (m Impl) nibblesAsm(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, zero int32) int {
	if m == VNNI {
		return nibblesVNNI(q, chunks, shift, stride, rows, ids, n, out, zero)
	}
	return nibblesAVX2(q, chunks, shift, stride, rows, ids, n, out, zero)
}

func (m Impl) scanAsm(tables *byte, groups, planes int, base int32, scale float32, blocks *byte, n int, floor, shift float32, scores *float32, over *uint64) {
	if m == VNNI {
		scanAVX512(tables, groups, planes, base, scale, blocks, n, floor, shift, scores, over)
		return
	}
	scanAVX2(tables, groups, planes, base, scale, blocks, n, floor, shift, scores, over)
}

func prefetchAsm(chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int) {
	prefetchAVX2(chunks, shift, stride, rows, ids, n)
}

func expandAsm(dst, row *byte, n int) { expandAVX2(dst, row, n) }

func flipAsm(dst, v *float32, flips *uint32, n int) { flipAVX2(dst, v, flips, n) }

func hadamardAsm(v *float32, n int, scale float32) { hadamardAVX2(v, n, scale) }

func mixAsm(a, b *float32, n int) { mixAVX2(a, b, n) }

func nibbleCodesAsm(dst *byte, x *float32, scale float32) { nibbleCodesAVX2(dst, x, scale) }

func signsAsm(first, second *byte, x *float32, n int, step float32, sums *SketchSums) {
	signsAVX2(first, second, x, n, step, sums)
}

// Peak returns the largest magnitude of v, ignoring NaNs. It is 0 if v is empty.
func (m Impl) Peak(v []float32) float32 {
	var top float32
	if n := len(v) &^ 31; n > 0 && m != Generic {
		top, v = peakAVX2(&v[0], n), v[n:]
	}
	return peakGeneric(top, v)
}

// Round sets dst[i] to v[i]·scale, rounded to the nearest integer, or the even one
// of two. Products outside [-127.5, 127.5] and NaNs give some number in
// [-127, 127]. dst is at least as long as v.
func (m Impl) Round(dst []byte, v []float32, scale float32) {
	dst = dst[:len(v)]
	if n := len(v) &^ 31; n > 0 && m != Generic {
		roundAVX2(&dst[0], &v[0], n, scale)
		dst, v = dst[n:], v[n:]
	}
	roundGeneric(dst, v, scale)
}

// DotF32 returns the dot product of a and b[:len(a)]. It differs from the exact
// value by at most len(a) × 2^-23 × Σ|aᵢ·bᵢ|.
func (m Impl) DotF32(a, b []float32) float32 {
	b = b[:len(a)]
	if m == Generic || len(a) == 0 {
		return dotGeneric(a, b)
	}
	return dotAVX2(&a[0], &b[0], len(a))
}

// DotsF32 sets out[i] to the dot product of q and row ids[i] of rows, whose rows
// have len(q) elements each. It panics if an id is out of range.
func (m Impl) DotsF32(q, rows []float32, ids []uint32, out []float32) {
	out = out[:len(ids)]
	if m == Generic {
		dotsGeneric(q, rows, ids, out)
		return
	}
	have := uint32(min(len(rows)/len(q), math.MaxUint32))
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		if have == 0 {
			panic(badRow(ids[0], 0))
		}
		done := dotsAVX2(&q[0], &rows[0], len(q), have, &ids[0], n, &out[0])
		if done != n {
			panicRow(ids[:n], have)
		}
		ids, out = ids[n:], out[n:]
	}
}
