//go:build !noasm

package kernel

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// maxBatch bounds the rows of one call into assembly, which the scheduler cannot
// interrupt, to about ten microseconds.
const maxBatch = 128

// scanBatch returns the blocks of one call into assembly, as maxBatch does rows.
func scanBatch(stride int) int { return max(1, 256<<10/stride) }

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

// Distances sets out[i] to the distance key between the code q and row ids[i] of t.
// q has t.Stride bytes, out at least len(ids) elements. It panics if an id is not
// below t.Rows. Other rows may be written concurrently.
func (m Impl) Distances(q []byte, t *Table, ids, out []uint32) {
	q, out = q[:t.Stride], out[:len(ids)]
	if m == Generic {
		distancesGeneric(q, t, ids, out)
		return
	}
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		m.distances(q, t, ids[:n], &out[0], nil)
		ids, out = ids[n:], out[n:]
	}
}

// Products sets p.Dots[i] to the product q·r and p.Norms[i] to the product r·r of
// row ids[i] of t. There are at most MaxProducts ids. It panics if an id is not
// below t.Rows.
func (m Impl) Products(q []byte, t *Table, ids []uint32, p *Products) {
	q = q[:t.Stride]
	if m == Generic {
		productsGeneric(q, t, ids, p)
		return
	}
	if len(ids) > 0 {
		_ = p.Dots[len(ids)-1]
		m.distances(q, t, ids, (*uint32)(unsafe.Pointer(&p.Dots[0])), &p.Norms[0])
	}
}

// distances calls the kernel for at least one and at most maxBatch ids.
func (m Impl) distances(q []byte, t *Table, ids []uint32, out *uint32, norms *int32) {
	if t.Rows == 0 {
		panic(badRow(ids[0], 0))
	}
	var done int
	if m == VNNI {
		done = distancesVNNI(&q[0], unsafe.SliceData(t.Chunks), t.Shift, t.Stride, t.Rows, &ids[0], len(ids), out, norms)
	} else {
		done = distancesAVX2(&q[0], unsafe.SliceData(t.Chunks), t.Shift, t.Stride, t.Rows, &ids[0], len(ids), out, norms)
	}
	if done != len(ids) {
		panicRow(ids, t.Rows)
	}
}

// Prefetch loads rows of t into the cache. It is a hint and may do nothing.
func (m Impl) Prefetch(t *Table, ids []uint32) {
	if m == Generic || len(ids) == 0 || t.Rows == 0 {
		return
	}
	prefetchAVX2(unsafe.SliceData(t.Chunks), t.Shift, t.Stride, t.Rows, &ids[0], len(ids))
}

// Scan sets scores to the estimates of the rows of len(over) blocks of sketches
// against q, 64 for each block, and the bits of over to whether they are above
// floor. Rows may be written concurrently; their estimates mean nothing then.
func (m Impl) Scan(q *SketchQuery, blocks []byte, floor float32, scores []float32, over []uint64) {
	if m == Generic {
		scanGeneric(q, blocks, floor, scores, over)
		return
	}
	stride := SketchStride(q.Groups, q.Planes)
	_, _, _ = q.Tables[32*q.Groups-1], blocks[:stride*len(over)], scores[:SketchRows*len(over)]
	for batch := scanBatch(stride); len(over) > 0; {
		n := min(len(over), batch)
		if m == VNNI {
			scanAVX512(&q.Tables[0], q.Groups, q.Planes, q.Base, q.Scale, &blocks[0], n, floor, &scores[0], &over[0])
		} else {
			scanAVX2(&q.Tables[0], q.Groups, q.Planes, q.Base, q.Scale, &blocks[0], n, floor, &scores[0], &over[0])
		}
		blocks, scores, over = blocks[n*stride:], scores[n*SketchRows:], over[n:]
	}
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

// panicRow names the first of the ids that is out of range.
func panicRow(ids []uint32, rows uint32) {
	for _, id := range ids {
		if id >= rows {
			panic(badRow(id, rows))
		}
	}
	panic("quant: kernel stopped early")
}
