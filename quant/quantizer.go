package quant

import (
	"fmt"
	"math"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// MaxDims is the largest number of dimensions of a code.
const MaxDims = 4096

// KeyOne is the distance key of two orthogonal codes, whose 1 − cosine is 1. Keys
// are proportional to 1 − cosine, from 0 (equal directions) to 2·KeyOne (opposite
// ones).
const KeyOne = kernel.KeyOne

// Implementation returns the name of the kernels in use: "generic" or an
// instruction set.
func Implementation() string { return kernel.Best.String() }

// Quantizer makes codes of vectors with a fixed number of dimensions. It is
// immutable and may be used concurrently.
type Quantizer struct {
	dims, size int
}

// NewQuantizer returns a Quantizer for vectors of dims dimensions. It returns
// [ErrDims] if dims is not in 1…[MaxDims].
func NewQuantizer(dims int) (*Quantizer, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("%w: %d, want 1 to %d", ErrDims, dims, MaxDims)
	}
	return &Quantizer{dims: dims, size: codeSize(dims)}, nil
}

// codeSize is dims rounded up to a whole number of kernel blocks.
func codeSize(dims int) int { return (dims + kernel.Block - 1) / kernel.Block * kernel.Block }

// Dims returns the number of dimensions of the vectors.
func (z *Quantizer) Dims() int { return z.dims }

// CodeSize returns the size of a code in bytes: Dims rounded up to a multiple of
// 32.
func (z *Quantizer) CodeSize() int { return z.size }

// Encode writes the code of v[:Dims] to dst[:CodeSize]. The code depends only on
// the direction of v[:Dims], so a longer embedding can be passed as it is, without
// renormalising its head. A vector of zeros gets a code of zeros, whose distance
// to everything is 1. An infinity counts as the largest number, and a NaN gives
// meaningless bytes; [Normalize] detects both. Encode panics if v or dst is too
// short.
func (z *Quantizer) Encode(dst []byte, v []float32) {
	v = v[:z.dims]
	encode(dst[:z.size], v, kernel.Best.Peak(v))
}

// encode writes the code of v, scaled so that top becomes 127, and zeros to the end
// of dst.
func encode(dst []byte, v []float32, top float32) {
	clear(dst[len(v):])
	dst = dst[:len(v)]
	scale := 127 / top
	switch {
	case top == 0:
		clear(dst)
	case top > math.MaxFloat32 || scale > math.MaxFloat32 || scale < smallestNormal:
		encodeExtreme(dst, v, top)
	default:
		kernel.Best.Round(dst, v, scale)
	}
}

const smallestNormal = 0x1p-126

// encodeExtreme is encode for vectors whose scale is not a normal float32.
func encodeExtreme(dst []byte, v []float32, top float32) {
	scale := 127 / min(float64(top), math.MaxFloat32)
	for i, x := range v {
		y := max(-math.MaxFloat32, min(math.MaxFloat32, float64(x))) * scale
		kernel.Best.Round(dst[i:i+1], []float32{float32(y)}, 1)
	}
}
