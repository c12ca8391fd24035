package kernel

import (
	"encoding/binary"
	"math/bits"
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
	Scale  float32 // of the estimate
}

// SketchStride returns the bytes of a block: a row's bytes are spread over its
// planes, and four more are its correction.
func SketchStride(groups, planes int) int { return SketchRows * (groups*planes + 4) }

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
			score := Score(sums[SketchPosition(r)], binary.LittleEndian.Uint32(words[4*r:]), q.Base, q.Scale)
			scores[i*SketchRows+r] = score
			if score > floor {
				over[i] |= 1 << r
			}
		}
	}
}

// Score turns the sum of a row into its estimate, given the row's word: the sum
// of its codes in the low 16 bits, its correction in the others.
func Score(sum, word uint32, base int32, scale float32) float32 {
	n := base + 4*int32(sum) - 30*int32(word&0xffff)
	return float32(float32(n)*float32(word>>16)) * scale
}

// SketchTables writes the tables of the numbers u, two for each eight of them.
func SketchTables(tables, u []byte) {
	for ; len(u) >= 4; u = u[4:] {
		t := tables[:16]
		tables = tables[16:]
		t[0] = 0
		for i := 1; i < 16; i++ {
			t[i] = t[i&(i-1)] + u[bits.TrailingZeros8(uint8(i))]
		}
	}
}
