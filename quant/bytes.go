package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// DotBytes is Dot with a vector as stored in a file: 4·len(a) bytes,
// little-endian. Bytes that begin at a multiple of four, as in a mapped file, are
// not copied. It panics if the lengths differ.
func DotBytes(a []float32, b []byte) float32 {
	if len(b) != 4*len(a) {
		panic(fmt.Sprintf("quant: dot product of a vector of %d dimensions and %d bytes", len(a), len(b)))
	}
	v, ok := kernel.Floats(b)
	if !ok {
		v = kernel.DecodeFloats(make([]float32, 0, len(a)), b)
	}
	return kernel.Best.DotF32(a, v)
}

// Bytes returns v as stored in a file: 4·len(v) bytes, little-endian. They may
// share the memory of v and must not be changed.
func Bytes(v []float32) []byte {
	if b, ok := kernel.Bytes(v); ok {
		return slices.Clip(b)
	}
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// AppendFloats appends to dst the little-endian numbers in b, which need not be
// aligned. Bytes after the last whole number are ignored.
func AppendFloats(dst []float32, b []byte) []float32 {
	n := len(dst)
	out := slices.Grow(dst, len(b)/4)[:n+len(b)/4]
	if view, ok := kernel.Bytes(out[n:]); ok {
		copy(view, b)
		return out
	}
	return kernel.DecodeFloats(dst, b)
}
