// Package kernel holds the inner loops of the vector search: distances between
// int8 codes and dot products of float32 vectors, one query against many rows.
//
// The generic Go of generic.go is the specification. Every other implementation
// must return the same: distances between codes bit for bit, float32 dot
// products within the bound that DotF32 states. One test suite and one set of
// fuzz targets run over every implementation that the machine has.
//
// The assembly for amd64 is written by the program in the folder _asm and
// committed, that for arm64 by hand; the build tag noasm leaves both out.
//
// # Distance between codes
//
// A code is a vector of signed bytes in [-127, 127]: a float vector times a
// scale of its own, rounded. A cosine does not change with the scales, so
// nothing else needs to be kept beside the bytes:
//
//	cos(a, b) = a·b / sqrt(a·a × b·b)
//	key       = trunc(max(0, 1 − cos(a, b)) × 2^29)
//
// The three products are integers and exact; what follows is one float32
// multiplication, square root, division, subtraction, each rounded as IEEE 754
// says, so that all implementations agree on every bit. The kernel computes b·b
// anew for each row: that costs a few instructions on bytes that are in
// registers already, where a stored norm would cost memory traffic, and memory
// is what a graph search waits for.
//
// # Who checks what
//
// The callers of this package check lengths; the kernels check row ids
// against the table, because a row id comes from links that were read from
// memory or from a file. An id outside of the table panics as an index
// expression would.
package kernel

//go:generate go run -C _asm . ..

import "fmt"

// Block is the number of bytes that the kernels take at once: the stride of a
// table of codes is a multiple of it, and codes are padded with zeros.
const Block = 32

// KeyOne is the distance key of two orthogonal codes: 1 − cos = 1. Keys grow in
// proportion to 1 − cos, from 0 to 2·KeyOne.
const KeyOne = 1 << 29

// Impl is one implementation of the kernels.
type Impl uint8

// The implementations. Which of them a machine has is told by Available.
const (
	Generic Impl = iota // Go: the specification
	AVX2                // amd64 with AVX2, FMA and BMI2
	VNNI                // the same and AVX-512 F, BW, VL, VNNI
	NEON                // arm64 with the dot product instructions
)

// Best is the implementation that the package quant uses.
var Best = Available()[len(Available())-1]

// String returns the implementation's name, for the names of tests and in
// version output.
func (m Impl) String() string {
	switch m {
	case Generic:
		return "generic"
	case AVX2:
		return "avx2"
	case VNNI:
		return "vnni"
	case NEON:
		return "neon"
	default:
		return fmt.Sprintf("Impl(%d)", uint8(m))
	}
}

// Table says where the rows of codes lie: in chunks of 1<<Shift rows of Stride
// bytes. All chunks but the last are full.
type Table struct {
	Chunks [][]byte
	Shift  uint   // log2 of the rows of a chunk, at most 31
	Stride int    // bytes of a row: a positive multiple of Block
	Rows   uint32 // rows that may be read
}

// MaxProducts is the number of rows that a Products has room for.
const MaxProducts = 64

// Products are the products of a query with some rows, and of the rows with
// themselves: what a distance is made of. They add up over the parts of codes
// that lie in several tables; Key turns the sums into a distance key.
type Products struct {
	Dots, Norms [MaxProducts]int32
}

// Row returns the bytes of row id.
func (t *Table) Row(id uint32) []byte {
	if id >= t.Rows {
		panic(badRow(id, t.Rows))
	}
	o := int(id&(1<<t.Shift-1)) * t.Stride
	return t.Chunks[id>>t.Shift][o : o+t.Stride : o+t.Stride]
}

func badRow(id, rows uint32) string {
	return fmt.Sprintf("quant: row %d out of range of a table of %d rows", id, rows)
}
