package quant

import (
	"fmt"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// SplitQuantizer makes codes in two parts: the head, which is a complete code of
// the first dimensions, and the tail of the others. Both have the same scale, so
// that together they are the code of the whole vector. A graph searches a table of
// heads; the tails, in another table, are read for the best candidates only.
type SplitQuantizer struct {
	dims       int
	head, tail Quantizer
}

// NewSplitQuantizer returns a SplitQuantizer for vectors of dims dimensions, of
// which the first headDims are the head. It returns [ErrDims] if a part does not
// have 1…[MaxDims] dimensions.
func NewSplitQuantizer(dims, headDims int) (*SplitQuantizer, error) {
	head, err := NewQuantizer(headDims)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	tail, err := NewQuantizer(dims - headDims)
	if err != nil {
		return nil, fmt.Errorf("tail: %w", err)
	}
	return &SplitQuantizer{dims: dims, head: *head, tail: *tail}, nil
}

// Dims returns the number of dimensions of the vectors.
func (z *SplitQuantizer) Dims() int { return z.dims }

// HeadDims returns the number of dimensions of the head, for the table of heads.
func (z *SplitQuantizer) HeadDims() int { return z.head.dims }

// TailDims returns the number of the other dimensions, for the table of tails.
func (z *SplitQuantizer) TailDims() int { return z.tail.dims }

// HeadSize returns the size of the code of a head in bytes.
func (z *SplitQuantizer) HeadSize() int { return z.head.size }

// TailSize returns the size of the code of a tail in bytes.
func (z *SplitQuantizer) TailSize() int { return z.tail.size }

// Encode is [Quantizer.Encode] in two parts: it writes the code of v[:Dims] to
// head[:HeadSize] and tail[:TailSize]. It panics if one of the three is too short.
func (z *SplitQuantizer) Encode(head, tail []byte, v []float32) {
	v = v[:z.dims]
	top := kernel.Best.Peak(v)
	encode(head[:z.head.size], v[:z.head.dims], top)
	encode(tail[:z.tail.size], v[z.head.dims:], top)
}

// Split is a pair of tables with the two parts of codes under the same row ids.
type Split struct{ Head, Tail *Codes }

// Distances is [Codes.Distances] over all dimensions: it sets out[i] to the
// distance key between the code of head and tail and that of row ids[i].
func (s Split) Distances(head, tail []byte, ids, out []uint32) {
	if len(head) != s.Head.stride || len(tail) != s.Tail.stride {
		panic(fmt.Sprintf("quant: code of %d and %d bytes against tables of codes of %d and %d",
			len(head), len(tail), s.Head.stride, s.Tail.stride))
	}
	out = out[:len(ids)]
	heads, tails := s.Head.table.Load(), s.Tail.table.Load()
	qq := kernel.DotCodes(head, head) + kernel.DotCodes(tail, tail)
	var h, t kernel.Products
	for len(ids) > 0 {
		n := min(len(ids), kernel.MaxProducts)
		kernel.Best.Prefetch(tails, ids[:n]) // the heads were read a moment ago
		kernel.Best.Products(head, heads, ids[:n], &h)
		kernel.Best.Products(tail, tails, ids[:n], &t)
		for i := range n {
			out[i] = kernel.Key(h.Dots[i]+t.Dots[i], qq, h.Norms[i]+t.Norms[i])
		}
		ids, out = ids[n:], out[n:]
	}
}
