package quant

import (
	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// SketchQuery is a vector prepared for [Sketches.Scan]. It may be used concurrently
// until it is reset.
type SketchQuery struct {
	kernel  kernel.SketchQuery
	rotated []float32
	numbers []byte
}

// Query returns v[:Dims] prepared for Scan of this table, and of others with the
// same dimensions, bits and center. It panics if v is too short.
func (s *Sketches) Query(v []float32) *SketchQuery {
	q := new(SketchQuery)
	s.Reset(q, v)
	return q
}

// Reset turns q into the query of v[:Dims], reusing its memory. The zero value of q
// will do.
//
// The rotated vector is rounded to 4 bits for each dimension, so that sums of these
// numbers are exact and the same on every machine. Compared with the error of the
// sketches, that of the rounding is small. The estimates of a vector without a
// direction are about 0.
func (s *Sketches) Reset(q *SketchQuery, v []float32) {
	padded := 8 * s.groups
	if len(q.rotated) != s.dims {
		q.rotated = make([]float32, s.dims)
		q.numbers = make([]byte, padded)
		q.kernel.Tables = make([]byte, 32*s.groups)
	}
	q.kernel.Groups, q.kernel.Planes, q.kernel.Scale = s.groups, s.planes, 0
	size, shift := s.residual(q.rotated, v)
	q.kernel.Shift = shift - s.square
	peak := kernel.Best.Peak(q.rotated)
	if peak == 0 {
		return
	}
	// The numbers u = 0…15 stand for step × (u − 7.5).
	step := peak / 7.5
	kernel.Best.Nibbles(q.numbers, q.rotated, 1/step)
	kernel.SketchTables(q.kernel.Tables, q.numbers)
	var sum int32
	for _, u := range q.numbers[:s.dims] {
		sum += int32(u)
	}
	// The product of query and sketch is step × Σ (u − 7.5)(2c − top), which is
	// step/2 × (4·Σuc − 30·Σc + top·(15·dims − 2·Σu)).
	top := int32(1)<<s.planes - 1
	q.kernel.Base = top * (15*int32(s.dims) - 2*sum)
	q.kernel.Scale = step / size / 2 * float32(s.one) / (1<<16 - 1)
}
