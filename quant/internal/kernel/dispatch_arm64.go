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
func productsNEON(q, row *byte, n int) (dot, norm int32)

//go:noescape
func prefetchNEON(row *byte, lines int)

//go:noescape
func dotNEON(a, b *float32, n int) float32

// ahead is the number of rows between the one that is being read and the one that
// is prefetched.
const ahead = 16

// Distances sets out[i] to the distance key between the code q and row ids[i] of t.
// q has t.Stride bytes, out at least len(ids) elements. It panics if an id is not
// below t.Rows. Other rows may be written concurrently.
func (m Impl) Distances(q []byte, t *Table, ids, out []uint32) {
	q, out = q[:t.Stride], out[:len(ids)]
	if m == Generic {
		distancesGeneric(q, t, ids, out)
		return
	}
	_, qq := productsNEON(&q[0], &q[0], len(q))
	m.Prefetch(t, ids[:min(ahead, len(ids))])
	for i, id := range ids {
		if i+ahead < len(ids) {
			m.Prefetch(t, ids[i+ahead:i+ahead+1])
		}
		dot, norm := productsNEON(&q[0], &t.Row(id)[0], len(q))
		out[i] = Key(dot, qq, norm)
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
	m.Prefetch(t, ids)
	for i, id := range ids {
		p.Dots[i], p.Norms[i] = productsNEON(&q[0], &t.Row(id)[0], len(q))
	}
}

// Prefetch loads rows of t into the cache. It is a hint and may do nothing.
func (m Impl) Prefetch(t *Table, ids []uint32) {
	if m == Generic {
		return
	}
	for _, id := range ids {
		if id < t.Rows {
			prefetchNEON(&t.Row(id)[0], min(6, (t.Stride+63)/64))
		}
	}
}

// Scan sets scores to the estimates of the rows of len(over) blocks of sketches
// against q, 64 for each block, and the bits of over to whether they are above
// floor. Rows may be written concurrently; their estimates mean nothing then.
func (m Impl) Scan(q *SketchQuery, blocks []byte, floor float32, scores []float32, over []uint64) {
	scanGeneric(q, blocks, floor, scores, over)
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
