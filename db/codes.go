package db

import (
	"slices"

	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// codes are the int8 codes of a collection by node: of the heads, which the
// graph searches, and of the tails, which refine its candidates. Without a
// tail, candidates go to their full vectors at once.
type codes struct {
	heads *quant.Codes
	tails *quant.Codes // nil: there are none

	head  *quant.Quantizer      // encodes if there are no tails
	split *quant.SplitQuantizer // encodes both at one scale
}

// newCodes makes empty tables.
func newCodes(set *settings) (*codes, error) {
	c := &codes{}
	var err error
	if c.heads, err = quant.NewCodes(set.HeadDims, nil); err != nil {
		return nil, err
	}
	if set.hasTail() {
		if c.tails, err = quant.NewCodes(set.Dims-set.HeadDims, nil); err != nil {
			return nil, err
		}
	}
	return c, c.quantizers(set)
}

func (c *codes) quantizers(set *settings) (err error) {
	if set.hasTail() {
		c.split, err = quant.NewSplitQuantizer(set.Dims, set.HeadDims)
		return err
	}
	c.head, err = quant.NewQuantizer(set.HeadDims)
	return err
}

// code is a vector's code, or room for one.
type code struct{ head, tail []byte }

func (c *codes) room() code {
	k := code{head: make([]byte, c.heads.CodeSize())}
	if c.tails != nil {
		k.tail = make([]byte, c.tails.CodeSize())
	}
	return k
}

// encode writes the code of a full vector to k.
func (c *codes) encode(k code, vec []float32) {
	if c.split != nil {
		c.split.Encode(k.head, k.tail, vec)
		return
	}
	c.head.Encode(k.head, vec)
}

func (c *codes) set(node uint32, k code) {
	c.heads.Set(node, k.head)
	if c.tails != nil {
		c.tails.Set(node, k.tail)
	}
}

func (c *codes) bytes() int64 {
	n := c.heads.Bytes()
	if c.tails != nil {
		n += c.tails.Bytes()
	}
	return n
}

// refine orders the graph's hits by the codes of all dimensions.
func (c *codes) refine(k code, hits []hnsw.Hit) {
	ids := make([]uint32, len(hits))
	keys := make([]uint32, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	quant.Split{Head: c.heads, Tail: c.tails}.Distances(k.head, k.tail, ids, keys)
	for i := range hits {
		hits[i].Distance = keys[i]
	}
	slices.SortFunc(hits, func(a, b hnsw.Hit) int {
		if a.Distance != b.Distance {
			return int(int64(a.Distance) - int64(b.Distance))
		}
		return int(int64(a.ID) - int64(b.ID))
	})
}

// refined is how many of the refined candidates are compared by their full
// vectors for k results. Measured, the true ten are all within the best fifteen
// by the codes of all dimensions: docs/decisions/0012-split-codes.md.
func refined(k int) int { return k + k/2 + 5 }
