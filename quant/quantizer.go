package quant

import (
	"fmt"
	"math"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// MaxDims is the largest number of dimensions of a code.
const MaxDims = 4096

// KeyOne is the distance key of two orthogonal codes, 1 − cosine = 1. Keys are
// proportional to 1 − cosine and go from 0 (equal directions) to 2·KeyOne
// (opposite ones).
const KeyOne = kernel.KeyOne

// Implementation names the kernels in use: "generic", or the instruction set they
// are written for.
func Implementation() string { return kernel.Best.String() }

// Quantizer makes codes of vectors of one number of dimensions. It has no state
// that changes and may be used by any number of goroutines.
type Quantizer struct {
	dims, size int
}

// NewQuantizer returns a Quantizer of vectors of dims dimensions. It returns
// [ErrDims] when dims is not in 1…[MaxDims].
func NewQuantizer(dims int) (*Quantizer, error) {
	if dims < 1 || dims > MaxDims {
		return nil, fmt.Errorf("%w: %d, want 1 to %d", ErrDims, dims, MaxDims)
	}
	return &Quantizer{dims: dims, size: codeSize(dims)}, nil
}

// codeSize is dims rounded up to what the kernels take at once.
func codeSize(dims int) int { return (dims + kernel.Block - 1) / kernel.Block * kernel.Block }

// Dims returns the number of dimensions of the vectors.
func (z *Quantizer) Dims() int { return z.dims }

// CodeSize returns the bytes of a code: Dims rounded up to a multiple of 32.
func (z *Quantizer) CodeSize() int { return z.size }

// Encode writes the code of v[:Dims] to dst[:CodeSize]. The length of v doesn't
// matter to the code, only its direction; so a longer embedding may be given as
// it is, and its head needs no renormalising. A vector of zeros gets a code of
// zeros, whose distance to everything is 1. An infinity counts as the largest
// number, and a NaN gives bytes of no meaning: [Normalize] finds both. Encode panics when v or dst is too short.
func (z *Quantizer) Encode(dst []byte, v []float32) {
	v = v[:z.dims]
	encode(dst[:z.size], v, kernel.Best.Peak(v))
}

// encode writes the code of v, with the scale at which top becomes 127, and zeros
// to the end of dst.
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

// encodeExtreme is encode for vectors whose scale is no normal float32.
func encodeExtreme(dst []byte, v []float32, top float32) {
	scale := 127 / min(float64(top), math.MaxFloat32)
	for i, x := range v {
		y := max(-math.MaxFloat32, min(math.MaxFloat32, float64(x))) * scale
		kernel.Best.Round(dst[i:i+1], []float32{float32(y)}, 1)
	}
}
