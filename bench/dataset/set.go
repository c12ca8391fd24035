// Package dataset makes and reads the vectors for the benchmarks.
//
// A Set has full vectors, which decide the final recall, and their heads: the first
// dimensions, renormalised, from which the indexes are built.
package dataset

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fronyai/frony-db/quant"
)

// Set is a collection of unit vectors and queries, row by row.
type Set struct {
	Name        string
	Dims        int       // of Base and Query
	HeadDims    int       // of BaseHead and QueryHead
	Base, Query []float32 // unit length
	BaseHead    []float32 // the first HeadDims dimensions, unit length
	QueryHead   []float32
	Kinds       []Kind // of the queries, in their order; one kind without a name if nothing else is known

	// Tenth is the similarity of the 10th nearest vector of each query. Any vector as
	// near counts as found, since equal vectors cannot be told apart by id.
	Tenth []float32
}

// Len returns the number of vectors.
func (s *Set) Len() int { return len(s.Base) / s.Dims }

// Queries returns the number of queries.
func (s *Set) Queries() int { return len(s.Query) / s.Dims }

// New normalises base and query, takes their heads, and computes the ground truth.
func New(name string, dims, headDims int, base, query []float32) (*Set, error) {
	if headDims < 1 || headDims > dims {
		return nil, fmt.Errorf("head of %d dimensions of %d", headDims, dims)
	}
	s := &Set{Name: name, Dims: dims, HeadDims: headDims, Base: base, Query: query}
	if s.Len() < 10 || s.Queries() < 1 {
		return nil, errors.New("a data set needs at least 10 vectors and a query")
	}
	for _, rows := range [][]float32{base, query} {
		for i := 0; i < len(rows); i += dims {
			if !quant.Normalize(rows[i : i+dims]) {
				return nil, fmt.Errorf("vector %d has no direction", i/dims)
			}
		}
	}
	s.Kinds = []Kind{{N: s.Queries()}}
	s.BaseHead, s.QueryHead = heads(base, dims, headDims), heads(query, dims, headDims)
	s.Tenth = tenth(base, query, dims)
	return s, nil
}

func heads(rows []float32, dims, headDims int) []float32 {
	n := len(rows) / dims
	h := make([]float32, n*headDims)
	for i := range n {
		quant.Head(h[i*headDims:(i+1)*headDims], rows[i*dims:(i+1)*dims])
	}
	return h
}

// Recalls returns for each of the queries from the first on the share of its true 10
// nearest vectors in found, which has 10 distinct ids for each.
func (s *Set) Recalls(first int, found []uint32) []float64 {
	const tolerance = 1e-6 // of a float32 dot product of unit vectors
	recalls := make([]float64, len(found)/10)
	for i := range recalls {
		q, hits := first+i, 0
		query := s.Query[q*s.Dims : (q+1)*s.Dims]
		top := found[i*10 : i*10+10]
		for j, id := range top {
			if int(id) >= s.Len() || slices.Contains(top[:j], id) {
				continue
			}
			row := s.Base[int(id)*s.Dims : (int(id)+1)*s.Dims]
			if quant.Dot(query, row) >= s.Tenth[q]-tolerance {
				hits++
			}
		}
		recalls[i] = float64(hits) / 10
	}
	return recalls
}
