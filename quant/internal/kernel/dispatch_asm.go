//go:build (amd64 || arm64) && !noasm

package kernel

import "unsafe"

// maxBatch bounds the rows of one call into assembly, which the scheduler cannot
// interrupt, to about ten microseconds.
const maxBatch = 128

// scanBatch returns the blocks of one call into assembly, as maxBatch does rows.
func scanBatch(stride int) int { return max(1, 256<<10/stride) }

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
	done := m.distancesAsm(&q[0], unsafe.SliceData(t.Chunks), t.Shift, t.Stride, t.Rows, &ids[0], len(ids), out, norms)
	if done != len(ids) {
		panicRow(ids, t.Rows)
	}
}

// DistancesNibbles is Distances with a table of nibbles: the codes of dims
// dimensions in half as many bytes, against the signed bytes of q, twice as many as
// a row has.
func (m Impl) DistancesNibbles(q []byte, t *Table, dims int, ids, out []uint32) {
	checkNibbles(q, t, dims)
	out = out[:len(ids)]
	if m == Generic {
		distancesNibblesGeneric(q, t, dims, ids, out)
		return
	}
	zero := 225 * int32(dims) // r·r if all codes are extreme
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		if t.Rows == 0 {
			panic(badRow(ids[0], 0))
		}
		done := m.nibblesAsm(&q[0], unsafe.SliceData(t.Chunks), t.Shift, t.Stride, t.Rows, &ids[0], n, &out[0], zero)
		if done != n {
			panicRow(ids[:n], t.Rows)
		}
		ids, out = ids[n:], out[n:]
	}
}

func (m Impl) expand(dst, row []byte) {
	if m == Generic {
		expandGeneric(dst, row)
		return
	}
	dst = dst[:2*len(row)]
	expandAsm(&dst[0], &row[0], len(row))
}

// Prefetch loads rows of t into the cache. It is a hint and may do nothing.
func (m Impl) Prefetch(t *Table, ids []uint32) {
	if m == Generic || len(ids) == 0 || t.Rows == 0 {
		return
	}
	prefetchAsm(unsafe.SliceData(t.Chunks), t.Shift, t.Stride, t.Rows, &ids[0], len(ids))
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
		m.scanAsm(&q.Tables[0], q.Groups, q.Planes, q.Base, q.Scale, &blocks[0], n, floor, q.Shift, &scores[0], &over[0])
		blocks, scores, over = blocks[n*stride:], scores[n*SketchRows:], over[n:]
	}
}

// Flip writes v to dst with the signs of those elements changed that have a sign bit
// in flips, whose other bits are 0. dst and v are at least as long as flips and may
// be the same.
func (m Impl) Flip(dst, v []float32, flips []uint32) {
	if n := len(flips) &^ 31; n > 0 && m != Generic {
		_, _ = dst[n-1], v[n-1]
		flipAsm(&dst[0], &v[0], &flips[0], n)
		dst, v, flips = dst[n:], v[n:], flips[n:]
	}
	flipGeneric(dst, v, flips)
}

// Hadamard transforms v, whose length is a power of two, to its Walsh–Hadamard
// transform times scale.
func (m Impl) Hadamard(v []float32, scale float32) {
	if len(v) >= 32 && m != Generic {
		hadamardAsm(&v[0], len(v), scale)
		return
	}
	hadamardGeneric(v, scale)
}

// Mix turns the pairs of elements of a and b by 45 degrees: a and b become
// (a + b)/√2 and (a − b)/√2. b is at least as long as a.
func (m Impl) Mix(a, b []float32) {
	if n := len(a) &^ 31; n > 0 && m != Generic {
		_ = b[n-1]
		mixAsm(&a[0], &b[0], n)
		a, b = a[n:], b[n:]
	}
	mixGeneric(a, b)
}

func (m Impl) nibbles(dst []byte, x []float32, scale float32) {
	if len(x) == Block && m != Generic {
		_ = dst[Block-1]
		nibbleCodesAsm(&dst[0], &x[0], scale)
		return
	}
	nibblesGeneric(dst, x, scale)
}

func (m Impl) signs(first, second []byte, x []float32, step float32, sums *SketchSums) {
	if len(x) == 0 || m == Generic {
		signsGeneric(first, second, x, step, sums)
		return
	}
	_, _ = first[len(x)/8-1], second[len(x)/8-1]
	signsAsm(&first[0], &second[0], &x[0], len(x), step, sums)
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
