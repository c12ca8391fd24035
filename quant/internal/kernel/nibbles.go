package kernel

import (
	"encoding/binary"
	"fmt"
)

// Row codes of four bits. A nibble c = 0…15 stands for 2c − 15, and a query is
// signed bytes as ever:
//
//	q·r = 2·Σqc − 15·Σq
//	r·r = 225·dims − 4·Σc(15 − c)
//
// Byte i of a row has dimension i in its low nibble and dimension Stride + i in its
// high one. Nibbles beyond dims are 0, and so are the query's bytes, so that they
// add nothing. A row whose nibbles are all 0 or 15 has no direction: its q·r counts
// as 0. (Codes of vectors have others, as their numbers are not all extreme.)

// SumNibbles returns Σqc and Σc(15 − c) of a row and a query of twice as many bytes.
func SumNibbles(q, row []byte) (dot, rest int32) {
	low, high := q[:len(row)], q[len(row):]
	high = high[:len(row)]
	for i, b := range row {
		c, d := int32(b&15), int32(b>>4)
		dot += c*int32(int8(low[i])) + d*int32(int8(high[i]))
		rest += c*(15-c) + d*(15-d)
	}
	return dot, rest
}

// keyNibbles turns the sums of a row into its distance key.
func keyNibbles(dot, rest, sum, qq int32, dims int) uint32 {
	dot = 2*dot - 15*sum
	if rest == 0 {
		dot = 0
	}
	return Key(dot, qq, 225*int32(dims)-4*rest)
}

// querySums returns Σq and q·q.
func querySums(q []byte) (sum, qq int32) {
	for _, x := range q {
		sum += int32(int8(x))
		qq += int32(int8(x)) * int32(int8(x))
	}
	return sum, qq
}

func distancesNibblesGeneric(q []byte, t *Table, dims int, ids, out []uint32) {
	sum, qq := querySums(q)
	for i, id := range ids {
		dot, rest := SumNibbles(q, t.Row(id))
		out[i] = keyNibbles(dot, rest, sum, qq, dims)
	}
}

// expandGeneric writes 2c − 15 of the nibbles c of a row to dst, twice as long.
func expandGeneric(dst, row []byte) {
	low, high := dst[:len(row)], dst[len(row):2*len(row)]
	for i, b := range row {
		low[i], high[i] = 2*(b&15)-15, 2*(b>>4)-15
	}
}

// Expand writes row, whose nibbles are the codes of dims dimensions, to dst as a
// query: twice as many bytes. A row without a direction gives zeros.
func (m Impl) Expand(dst, row []byte, dims int) {
	dst = dst[:2*len(row)]
	m.expand(dst, row)
	clear(dst[dims:])
	// The first nibble tells most rows with a direction from the others.
	if x := int8(dst[0]); x != 15 && x != -15 {
		return
	}
	for _, x := range dst[:dims] {
		if x := int8(x); x != 15 && x != -15 {
			return
		}
	}
	clear(dst)
}

// PackNibbles writes the codes of x·scale to dst, whose length is a multiple of
// Block and at least half of that of x. A code is a step of 1, and 0 lies between
// the codes 7 and 8. The products are finite.
func (m Impl) PackNibbles(dst []byte, x []float32, scale float32) {
	var codes [Block]byte
	high := x[min(len(dst), len(x)):]
	for i := 0; i < len(dst); i += Block {
		part := dst[i : i+Block]
		clear(part)
		m.nibbles(part, cut(x[:len(x)-len(high)], i), scale)
		clear(codes[:])
		m.nibbles(codes[:], cut(high, i), scale)
		for j := 0; j < Block; j += 8 {
			le := binary.LittleEndian
			le.PutUint64(part[j:], le.Uint64(part[j:])|le.Uint64(codes[j:])<<4)
		}
	}
}

// Nibbles writes the codes of x·scale to dst, a byte each; see PackNibbles.
func (m Impl) Nibbles(dst []byte, x []float32, scale float32) {
	for i := 0; i < len(x); i += Block {
		m.nibbles(dst[i:], cut(x, i), scale)
	}
}

// cut returns at most Block elements from i on.
func cut(x []float32, i int) []float32 { return x[min(i, len(x)):min(i+Block, len(x))] }

func nibblesGeneric(dst []byte, x []float32, scale float32) {
	dst = dst[:len(x)]
	for i, y := range x {
		dst[i] = byte(max(0, min(15, float32(y*scale)+8)))
	}
}

// checkNibbles panics unless a query fits the table.
func checkNibbles(q []byte, t *Table, dims int) {
	if len(q) != 2*t.Stride || dims > len(q) {
		panic(fmt.Sprintf("quant: query of %d bytes, %d dimensions, against rows of %d", len(q), dims, t.Stride))
	}
}
