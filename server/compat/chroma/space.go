package chroma

import "math"

// space is how Chroma measures the distance of two embeddings.
type space string

// The spaces.
const (
	spaceL2     space = "l2"     // the squared Euclidean distance
	spaceIP     space = "ip"     // 1 - the inner product
	spaceCosine space = "cosine" // 1 - the cosine
)

func (s space) valid() bool { return s == spaceL2 || s == spaceIP || s == spaceCosine }

// distance is Chroma's, of two embeddings of these lengths and this cosine.
func (s space) distance(cosine, query, doc float64) float64 {
	if query == 0 || doc == 0 {
		cosine = 0 // as Chroma takes it
	}
	switch s {
	case spaceIP:
		return 1 - query*doc*cosine
	case spaceL2:
		return math.Max(0, query*query+doc*doc-2*query*doc*cosine)
	case spaceCosine:
	}
	return math.Max(0, 1-cosine)
}

// unitWithin is how far from 1 a length may be to be taken for 1: float32 can't say
// it better.
const unitWithin = 1e-6

// nearUnit is how far from 1 the lengths of all embeddings may be for a search by
// cosines to propose the nearest by l2 or ip. Models that compute in half precision
// are within.
const nearUnit = 2e-3
