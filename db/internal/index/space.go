package index

import (
	"bytes"

	"github.com/fronyai/frony-db/quant"
)

// space is the heads as the graph searches them.
type space struct {
	*quant.Codes
	x *Index
}

// Equal reports whether two nodes are copies: their codes of all dimensions are
// the same, so that either can stand for the other until their full vectors are
// compared. Without codes of the tails, the full vectors themselves must be.
func (s space) Equal(a, b uint32) bool {
	if !s.Codes.Equal(a, b) {
		return false
	}
	switch tails := s.x.codes.tails; {
	case tails != nil:
		return tails.Equal(a, b)
	case s.x.set.HeadDims == s.x.set.Dims:
		return true
	}
	rowA, okA := s.x.rows.Get(a)
	rowB, okB := s.x.rows.Get(b)
	return okA && okB && bytes.Equal(rowA, rowB)
}
