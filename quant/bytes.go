package quant

import (
	"fmt"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// DotBytes is Dot with a vector as it lies in a file: 4·len(a) bytes,
// little-endian. Bytes that begin at a multiple of four, as those of a mapped
// file can, are read where they are. It panics when the lengths differ.
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
