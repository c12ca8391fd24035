package quant

import (
	"fmt"
	"math"
	"sync"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// FullQuantizer makes full codes of vectors with a fixed number of dimensions: four
// bits for each dimension of the rotated vector. They take the room of a byte for
// each dimension of half of them, and rank nearly as the vectors do, whether or not
// the vectors' heads say much. It is immutable and may be used concurrently.
type FullQuantizer struct {
	dims, size int
	rotation   *Rotation
	scale      float32   // steps in a vector's length
	vectors    sync.Pool // of *[]float32, to rotate in
}

// fullSteps is how many steps of a code are one standard deviation of a normal
// distribution, for the smallest mean square error of 16 equal steps.
const fullSteps = 1 / 0.3352

// NewFullQuantizer returns a FullQuantizer for vectors of dims dimensions. It
// returns [ErrDims] if dims is not in 1…[MaxDims].
func NewFullQuantizer(dims int) (*FullQuantizer, error) {
	rotation, err := NewRotation(dims)
	if err != nil {
		return nil, err
	}
	z := &FullQuantizer{dims: dims, size: fullSize(dims), rotation: rotation}
	z.scale = float32(fullSteps * math.Sqrt(float64(dims)))
	z.vectors.New = func() any { return new(make([]float32, dims)) }
	return z, nil
}

// fullSize is half of dims rounded up to a whole number of kernel blocks.
func fullSize(dims int) int { return codeSize((dims + 1) / 2) }

// Dims returns the number of dimensions of the vectors.
func (z *FullQuantizer) Dims() int { return z.dims }

// CodeSize returns the size of a code in bytes: half of Dims, rounded up to a
// multiple of 32.
func (z *FullQuantizer) CodeSize() int { return z.size }

// QuerySize returns the size of a query's code in bytes: twice CodeSize.
func (z *FullQuantizer) QuerySize() int { return 2 * z.size }

// Encode writes the code of v[:Dims] to dst[:CodeSize], for [Codes.Set]. It depends
// only on the direction of v. A vector without one (see [Normalize]) gets a code of
// zeros, whose distance to everything is 1. Encode panics if v or dst is too short.
func (z *FullQuantizer) Encode(dst []byte, v []float32) {
	dst = dst[:z.size]
	x := z.vectors.Get().(*[]float32)
	defer z.vectors.Put(x)
	length := z.rotation.direction(*x, v)
	if length == 0 {
		clear(dst)
		return
	}
	kernel.Best.PackNibbles(dst, *x, z.scale/length)
}

// EncodeQuery writes the code of v[:Dims] as a query to dst[:QuerySize], for
// [Codes.Distances]. It has a signed byte for each dimension, so that a distance has
// the error of one rough code instead of two. EncodeQuery panics if v or dst is too
// short.
func (z *FullQuantizer) EncodeQuery(dst []byte, v []float32) {
	dst = dst[:2*z.size]
	x := z.vectors.Get().(*[]float32)
	defer z.vectors.Put(x)
	if z.rotation.direction(*x, v) == 0 {
		clear(dst)
		return
	}
	encode(dst, *x, kernel.Best.Peak(*x))
}

// distancesFull is Distances of a table of full codes.
func (c *Codes) distancesFull(q []byte, ids, out []uint32) {
	if len(out) < len(ids) {
		panic(fmt.Sprintf("quant: %d results for %d ids", len(out), len(ids)))
	}
	switch {
	case len(q) == 2*c.stride:
		kernel.Best.DistancesNibbles(q, c.table.Load(), c.dims, ids, out)
	case len(q) != c.stride:
		panic(fmt.Sprintf("quant: code of %d bytes against a table of codes of %d and queries of %d",
			len(q), c.stride, 2*c.stride))
	case c.stride <= smallRow:
		// A row's code. The buffer is on the stack and cleared by each call, so the
		// usual sizes have a small one.
		var buf [2 * smallRow]byte
		c.distancesOfRow(buf[:2*c.stride], q, ids, out)
	default:
		var buf [2 * MaxDims / 2]byte
		c.distancesOfRow(buf[:2*c.stride], q, ids, out)
	}
}

// smallRow is the size of codes of up to 512 dimensions.
const smallRow = 256

func (c *Codes) distancesOfRow(buf, row []byte, ids, out []uint32) {
	kernel.Best.Expand(buf, row, c.dims)
	kernel.Best.DistancesNibbles(buf, c.table.Load(), c.dims, ids, out)
}
