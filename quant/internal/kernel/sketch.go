package kernel

import (
	"encoding/binary"
	"math"
)

// SketchRows is the number of rows of a block of sketches.
const SketchRows = 64

// SketchQuery is a query against blocks of sketches.
type SketchQuery struct {
	// Tables has 32 bytes for each of the Groups of eight dimensions: entry i of
	// the first 16 is the sum of those of the first four numbers whose bits are set
	// in i, and the other 16 are so for the last four. Numbers are in 0…15.
	Tables []byte
	Groups int     // bytes of a row in a plane: even, at most 512
	Planes int     // 1 or 2
	Base   int32   // see the package's documentation
	Scale  float32 // of the product
	Shift  float32 // added to every estimate
}

// SketchStride returns the bytes of a block: a row's bytes are spread over its
// planes, and eight more are its word and its shift.
func SketchStride(groups, planes int) int { return SketchRows * (groups*planes + 8) }

// SketchPosition returns where the bytes of row r of a block are among 64. The
// kernels have sums of bytes in registers of 16, 32 or 64 and widen them to 32
// bits, which interleaves them; this order undoes it for all three.
func SketchPosition(r int) int { return r&3 | r>>2&3<<4 | r>>4<<2 }

// scanGeneric is the specification of Scan.
//
// A row of a block may be written meanwhile. What is read of it then means nothing,
// and the callers ignore it, because such a row was not published. So the race
// detector must not look.
//
//go:norace
func scanGeneric(q *SketchQuery, blocks []byte, floor float32, scores []float32, over []uint64) {
	plane := q.Groups * SketchRows
	for i := range over {
		block := blocks[:SketchStride(q.Groups, q.Planes)]
		blocks = blocks[len(block):]
		var sums [SketchRows]uint32
		for p := range q.Planes {
			for at := range sums {
				sums[at] *= 2
			}
			for g := range q.Groups {
				table := (*[32]byte)(q.Tables[32*g:])
				for at, b := range block[p*plane+g*SketchRows:][:SketchRows] {
					sums[at] += uint32(table[b&15]) + uint32(table[16+b>>4])
				}
			}
		}
		words := block[q.Planes*plane:]
		over[i] = 0
		for r := range SketchRows {
			word, shift := binary.LittleEndian.Uint32(words[4*r:]), binary.LittleEndian.Uint32(words[4*(SketchRows+r):])
			score := q.Score(sums[SketchPosition(r)], word, math.Float32frombits(shift))
			scores[i*SketchRows+r] = score
			if score > floor {
				over[i] |= 1 << r
			}
		}
	}
}

// Score turns the sum of a row into its estimate, given the row's word and its shift.
// The word is the sum of its codes in the low 16 bits, its correction in the others.
func (q *SketchQuery) Score(sum, word uint32, shift float32) float32 {
	n := q.Base + 4*int32(sum) - 30*int32(word&0xffff)
	product := float32(float32(float32(n)*float32(word>>16)) * q.Scale)
	return float32(product+shift) + q.Shift
}

// SketchSums are eight sums, of every eighth number each: an order of additions that
// is easy for all.
type SketchSums [8]float32

// signsGeneric writes a bit for each number of x to first: whether it has no sign.
// It writes a bit to second: whether exactly one of two is true, it has a sign, or
// its magnitude is at least step. It adds to sums the magnitudes, thrice those from
// step on. x has a multiple of eight elements.
func signsGeneric(first, second []byte, x []float32, step float32, sums *SketchSums) {
	for i := range len(x) / 8 {
		var signs, large byte
		for j, y := range x[8*i : 8*i+8] {
			bits := math.Float32bits(y)
			size := math.Float32frombits(bits &^ (1 << 31))
			signs |= byte(bits>>31) << j
			if size >= step {
				large |= 1 << j
				size *= 3
			}
			sums[j] += size
		}
		first[i], second[i] = ^signs, signs^large
	}
}

// Signs encodes x as a sketch of two bits for each number, in two planes. It returns
// the sum of the magnitudes, of those from step on three times. first and second
// have at least a byte for each eight numbers; bits beyond len(x) are 0.
func (m Impl) Signs(first, second []byte, x []float32, step float32) float64 {
	var sums SketchSums
	n := len(x) &^ 7
	m.signs(first, second, x[:n], step, &sums)
	if rest := len(x) - n; rest > 0 {
		var last [8]float32
		copy(last[:], x[n:])
		signsGeneric(first[n/8:], second[n/8:], last[:], step, &sums)
		first[n/8] &= 1<<rest - 1
		second[n/8] &= 1<<rest - 1
	}
	return float64(sums[0]+sums[1]+(sums[2]+sums[3])) + float64(sums[4]+sums[5]+(sums[6]+sums[7]))
}

// SketchTables writes the tables of the numbers u, two for each eight of them.
func SketchTables(tables, u []byte) {
	// Eight entries are a word. Byte i of it has u[0] if i is odd, and so on; no sum
	// is above 60.
	for ; len(u) >= 4; u = u[4:] {
		low := uint64(u[0])*0x0100010001000100 + uint64(u[1])*0x0101000001010000 + uint64(u[2])*0x0101010100000000
		binary.LittleEndian.PutUint64(tables, low)
		binary.LittleEndian.PutUint64(tables[8:], low+uint64(u[3])*0x0101010101010101)
		tables = tables[16:]
	}
}
