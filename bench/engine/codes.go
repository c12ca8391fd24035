package engine

import (
	"slices"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// splitCodes are the int8 codes of all dimensions, in two parts.
type splitCodes struct {
	coder *quant.SplitQuantizer
	quant.Split
	head, tail []byte // of the last vector encoded
	keys       []uint32
}

func newSplitCodes(s *dataset.Set) (c *splitCodes, err error) {
	c = &splitCodes{}
	if c.coder, err = quant.NewSplitQuantizer(s.Dims, s.HeadDims); err != nil {
		return nil, err
	}
	if c.Head, err = quant.NewCodes(c.coder.HeadDims()); err != nil {
		return nil, err
	}
	if c.Tail, err = quant.NewCodes(c.coder.TailDims()); err != nil {
		return nil, err
	}
	c.head, c.tail = make([]byte, c.coder.HeadSize()), make([]byte, c.coder.TailSize())
	return c, nil
}

// encode makes the code of v: head and tail.
func (c *splitCodes) encode(v []float32) { c.coder.Encode(c.head, c.tail, v) }

// add encodes v and stores its code.
func (c *splitCodes) add(id uint32, v []float32) {
	c.encode(v)
	c.Head.Set(id, c.head)
	c.Tail.Set(id, c.tail)
}

// narrow keeps the depth ids that are nearest to the last vector encoded.
func (c *splitCodes) narrow(ids []uint32, depth int) []uint32 {
	keys := slices.Grow(c.keys[:0], len(ids))[:len(ids)]
	c.keys = keys
	c.Distances(c.head, c.tail, ids, keys)
	n := 0
	for i, k := range keys {
		id := ids[i]
		if n == depth && k >= keys[depth-1] {
			continue
		}
		j := min(n, depth-1)
		for ; j > 0 && keys[j-1] > k; j-- {
			keys[j], ids[j] = keys[j-1], ids[j-1]
		}
		keys[j], ids[j] = k, id
		n = min(n+1, depth)
	}
	return ids[:n]
}

// appendIDs appends the ids of hits.
func appendIDs(ids []uint32, hits []hnsw.Hit) []uint32 {
	for _, h := range hits {
		ids = append(ids, h.ID)
	}
	return ids
}
