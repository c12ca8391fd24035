package builtin

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// A bag is the scratch space for embedding one text. It belongs to one goroutine at a
// time.
type bag struct {
	word    []rune
	lattice lattice
	rows    []int32   // the text's rows, sorted; after merge without repeats
	weights []float32 // of each row in rows
	fixed   [chunk]uint32
	sums    [Dims]uint64
}

var bags = sync.Pool{New: func() any { return new(bag) }}

// embed returns the vector of text in role: the normalised sum over the text's distinct
// rows of row × weight in that role × √count. The root keeps a repeated word from
// drowning out the others.
func (b *bag) embed(m *model, role role, text string) []float32 {
	b.rows = b.rows[:0]
	b.word = eachWord(text, b.word, func(word []rune) {
		m.segment(&b.lattice, word, func(piece int32) {
			b.rows = append(b.rows, m.row(piece))
		})
	})
	if len(b.rows) == 0 { // no words: all such texts share a vector
		b.rows = append(b.rows, int32(m.fallback))
	}
	b.merge(m.weights[role])
	return b.sum(m)
}

// merge sorts rows, drops repeats, and fills in weights.
func (b *bag) merge(weight []float32) {
	slices.Sort(b.rows)
	b.weights = b.weights[:0]
	n := 0
	for i := 0; i < len(b.rows); {
		row, start := b.rows[i], i
		for i < len(b.rows) && b.rows[i] == row {
			i++
		}
		b.rows[n] = row
		n++
		b.weights = append(b.weights, weight[row]*float32(math.Sqrt(float64(i-start))))
	}
	b.rows = b.rows[:n]
}

// sum adds up the weighted rows and normalises. Weights are rounded to 16 bits
// relative to the largest, and sums are exact integers from there on: the
// vector does not depend on the machine.
func (b *bag) sum(m *model) []float32 {
	clear(b.sums[:])
	scale := math.MaxUint16 / slices.Max(b.weights)
	var total int64 // of the weights: what the rows' offset of 128 adds
	for start := 0; start < len(b.rows); start += chunk {
		end := min(start+chunk, len(b.rows))
		for i, w := range b.weights[start:end] {
			b.fixed[i] = uint32(w*scale + 0.5)
			total += int64(b.fixed[i])
		}
		m.addRows(&b.sums, b.rows[start:end], b.fixed[:end-start])
	}
	v := make([]float32, Dims)
	// The length is that of the exact sums, not of the rounded ones that
	// embedder.Normalize would see: every vector of this model depends on it.
	var norm float64
	for d, sum := range b.sums {
		x := float64(int64(sum) - rowOffset*total)
		v[d] = float32(x)
		norm += x * x
	}
	if norm == 0 { // rows that cancel out exactly
		v[0] = 1
		return v
	}
	inverse := 1 / math.Sqrt(norm)
	for d, x := range v {
		v[d] = float32(float64(x) * inverse)
	}
	return v
}

const (
	// rowOffset is added to the bytes of rows, so that they are never negative.
	rowOffset = 128

	// chunk is how many rows are summed before the 32-bit lanes are emptied. A
	// product has at most 24 bits, a byte times 16 bits, so 256 would fit; the
	// rows of 64 stay in the first-level cache while they are summed.
	chunk = 64

	// lanes picks two bytes of a machine word, with 24 free bits above each.
	lanes = 0x000000FF_000000FF
)

// addRows adds weights[i] × row rows[i] for every i to sums, for at most chunk
// rows. Eight dimensions are summed at once, two to a machine word: eight bytes
// of a row are spread over four words with one byte in each half, and one
// multiplication scales both halves.
func (m *model) addRows(sums *[Dims]uint64, rows []int32, weights []uint32) {
	weights = weights[:len(rows)]
	for block := 0; block < Dims; block += 8 {
		var a, b, c, d uint64
		for i, row := range rows {
			x := binary.LittleEndian.Uint64(m.rows[int(row)*Dims+block:])
			w := uint64(weights[i])
			a += (x & lanes) * w
			b += (x >> 8 & lanes) * w
			c += (x >> 16 & lanes) * w
			d += (x >> 24 & lanes) * w
		}
		s := sums[block : block+8 : block+8]
		s[0] += a & math.MaxUint32
		s[1] += b & math.MaxUint32
		s[2] += c & math.MaxUint32
		s[3] += d & math.MaxUint32
		s[4] += a >> 32
		s[5] += b >> 32
		s[6] += c >> 32
		s[7] += d >> 32
	}
}
