//go:build (!amd64 && !arm64) || noasm

package kernel

// Available returns the implementations that this machine has, the best last.
func Available() []Impl { return []Impl{Generic} }

// Distances writes to out[i] the distance key between the code q and row ids[i]
// of t. q has t.Stride bytes, out at least len(ids) elements. It panics if an id
// is not below t.Rows. It may run beside writes to other rows.
func (m Impl) Distances(q []byte, t *Table, ids, out []uint32) {
	distancesGeneric(q[:t.Stride], t, ids, out[:len(ids)])
}

// Products writes to p.Dots[i] the product q·r and to p.Norms[i] the product r·r
// of row ids[i] of t. There are at most MaxProducts ids. It panics if an id is
// not below t.Rows.
func (m Impl) Products(q []byte, t *Table, ids []uint32, p *Products) {
	productsGeneric(q[:t.Stride], t, ids, p)
}

// Prefetch asks the memory for the rows of t. It is a hint and may do nothing.
func (m Impl) Prefetch(t *Table, ids []uint32) {}

// Peak returns the largest magnitude of v, not looking at NaNs; 0 of nothing.
func (m Impl) Peak(v []float32) float32 { return peakGeneric(0, v) }

// Round writes v[i]·scale, rounded to the nearest integer, a half to the even one,
// to dst[i]. The products are to be in [-127.5, 127.5]; what is not, or is a NaN,
// gives some number of [-127, 127]. dst is at least as long as v.
func (m Impl) Round(dst []byte, v []float32, scale float32) { roundGeneric(dst, v, scale) }

// DotF32 returns the dot product of a and b[:len(a)]. It differs from the exact
// value by at most len(a) × 2^-23 × Σ|aᵢ·bᵢ|.
func (m Impl) DotF32(a, b []float32) float32 { return dotGeneric(a, b) }

// DotsF32 writes to out[i] the dot product of q and row ids[i] of rows, whose
// rows have len(q) elements each. It panics if an id is out of range.
func (m Impl) DotsF32(q, rows []float32, ids []uint32, out []float32) {
	dotsGeneric(q, rows, ids, out[:len(ids)])
}
