//go:build (!amd64 && !arm64) || noasm

package kernel

// Available returns the implementations that the machine has, the best last.
func Available() []Impl { return []Impl{Generic} }

// Distances sets out[i] to the distance key between the code q and row ids[i] of t.
// q has t.Stride bytes, out at least len(ids) elements. It panics if an id is not
// below t.Rows. Other rows may be written concurrently.
func (m Impl) Distances(q []byte, t *Table, ids, out []uint32) {
	distancesGeneric(q[:t.Stride], t, ids, out[:len(ids)])
}

// Products sets p.Dots[i] to the product q·r and p.Norms[i] to the product r·r of
// row ids[i] of t. There are at most MaxProducts ids. It panics if an id is not
// below t.Rows.
func (m Impl) Products(q []byte, t *Table, ids []uint32, p *Products) {
	productsGeneric(q[:t.Stride], t, ids, p)
}

// DistancesNibbles is Distances with a table of nibbles: the codes of dims
// dimensions in half as many bytes, against the signed bytes of q, twice as many as
// a row has.
func (m Impl) DistancesNibbles(q []byte, t *Table, dims int, ids, out []uint32) {
	checkNibbles(q, t, dims)
	out = out[:len(ids)]
	distancesNibblesGeneric(q, t, dims, ids, out)
}

func (m Impl) expand(dst, row []byte) { expandGeneric(dst, row) }

// Prefetch loads rows of t into the cache. It is a hint and may do nothing.
func (m Impl) Prefetch(t *Table, ids []uint32) {}

// Scan sets scores to the estimates of the rows of len(over) blocks of sketches
// against q, 64 for each block, and the bits of over to whether they are above
// floor. Rows may be written concurrently; their estimates mean nothing then.
func (m Impl) Scan(q *SketchQuery, blocks []byte, floor float32, scores []float32, over []uint64) {
	scanGeneric(q, blocks, floor, scores, over)
}

// Flip writes v to dst with the signs of those elements changed that have a sign bit
// in flips, whose other bits are 0. dst and v are at least as long as flips and may
// be the same.
func (m Impl) Flip(dst, v []float32, flips []uint32) {
	flipGeneric(dst, v, flips)
}

// Hadamard transforms v, whose length is a power of two, to its Walsh–Hadamard
// transform times scale.
func (m Impl) Hadamard(v []float32, scale float32) {
	hadamardGeneric(v, scale)
}

// Mix turns the pairs of elements of a and b by 45 degrees: a and b become
// (a + b)/√2 and (a − b)/√2. b is at least as long as a.
func (m Impl) Mix(a, b []float32) {
	mixGeneric(a, b)
}

func (m Impl) nibbles(dst []byte, x []float32, scale float32) { nibblesGeneric(dst, x, scale) }

func (m Impl) signs(first, second []byte, x []float32, step float32, sums *SketchSums) {
	signsGeneric(first, second, x, step, sums)
}

// Peak returns the largest magnitude of v, ignoring NaNs. It is 0 if v is empty.
func (m Impl) Peak(v []float32) float32 { return peakGeneric(0, v) }

// Round sets dst[i] to v[i]·scale, rounded to the nearest integer, or the even one
// of two. Products outside [-127.5, 127.5] and NaNs give some number in
// [-127, 127]. dst is at least as long as v.
func (m Impl) Round(dst []byte, v []float32, scale float32) { roundGeneric(dst, v, scale) }

// DotF32 returns the dot product of a and b[:len(a)]. It differs from the exact
// value by at most len(a) × 2^-23 × Σ|aᵢ·bᵢ|.
func (m Impl) DotF32(a, b []float32) float32 { return dotGeneric(a, b) }

// DotsF32 sets out[i] to the dot product of q and row ids[i] of rows, whose rows
// have len(q) elements each. It panics if an id is out of range.
func (m Impl) DotsF32(q, rows []float32, ids []uint32, out []float32) {
	dotsGeneric(q, rows, ids, out[:len(ids)])
}
