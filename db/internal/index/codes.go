package index

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// codes are the int8 codes of all nodes: of the heads, which the graph searches,
// and of the tails, which refine its candidates. Without tails, candidates go to
// their full vectors at once.
type codes struct {
	heads *quant.Codes
	tails *quant.Codes // nil: there are none

	head  *quant.Quantizer      // encodes if there are no tails
	split *quant.SplitQuantizer // encodes both at one scale

	pool sync.Pool // of *code
}

// newCodes makes empty tables.
func newCodes(set *Settings) (*codes, error) {
	c := &codes{}
	c.pool.New = func() any { return new(c.blank()) }
	var err error
	if c.heads, err = quant.NewCodes(set.HeadDims); err != nil {
		return nil, err
	}
	if set.HasTail() {
		if c.tails, err = quant.NewCodes(set.Dims - set.HeadDims); err != nil {
			return nil, err
		}
	}
	return c, c.quantizers(set)
}

func (c *codes) quantizers(set *Settings) (err error) {
	if set.HasTail() {
		c.split, err = quant.NewSplitQuantizer(set.Dims, set.HeadDims)
		return err
	}
	c.head, err = quant.NewQuantizer(set.HeadDims)
	return err
}

// put encodes a full vector as the code of node.
func (c *codes) put(node uint32, vec []float32) {
	k := c.pool.Get().(*code)
	defer c.pool.Put(k)
	c.encode(*k, vec)
	c.set(node, *k)
}

// code is a vector's code, or space for one.
type code struct{ head, tail []byte }

// blank makes space for a code.
func (c *codes) blank() code {
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

// nearest finds those n of nodes whose codes of all dimensions are nearest to k.
func (c *codes) nearest(k code, n int, nodes iter.Seq[uint32]) []hnsw.Hit {
	split := quant.Split{Head: c.heads, Tail: c.tails}
	ids := make([]uint32, 0, 128)
	var keys [128]uint32
	best := make([]hnsw.Hit, 0, 4*n+len(keys))
	worst := ^uint32(0) // of the best n so far
	take := func() {
		split.Distances(k.head, k.tail, ids, keys[:len(ids)])
		for i, id := range ids {
			if keys[i] < worst {
				best = append(best, hnsw.Hit{ID: id, Distance: keys[i]})
			}
		}
		ids = ids[:0]
		if len(best) >= 4*n {
			sortHits(best)
			best = best[:n]
			worst = best[n-1].Distance
		}
	}
	for node := range nodes {
		if ids = append(ids, node); len(ids) == cap(ids) {
			take()
		}
	}
	take()
	sortHits(best)
	return best[:min(n, len(best))]
}

func sortHits(hits []hnsw.Hit) {
	slices.SortFunc(hits, func(a, b hnsw.Hit) int {
		if a.Distance != b.Distance {
			return cmp.Compare(a.Distance, b.Distance)
		}
		return cmp.Compare(a.ID, b.ID)
	})
}

// refined is how many of the refined candidates are compared by their full vectors
// for k results. In measurements the true ten were all among the best fifteen by the
// codes of all dimensions: docs/decisions/0012-split-codes.md.
func refined(k int) int { return k + k/2 + 5 }
