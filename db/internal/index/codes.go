package index

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/quant"
)

// codes are what is kept of all vectors in memory: int8 codes of the heads, which the
// graph searches, int8 codes of the tails, which refine candidates, and sketches of
// all dimensions, which are scanned. Without tails, candidates go to their full
// vectors at once.
type codes struct {
	heads *quant.Codes
	tails *quant.Codes // nil: there are none

	sketches atomic.Pointer[quant.Sketches]
	drawing  sync.RWMutex // writers hold it for reading, and whoever makes new sketches for writing
	next     *redrawn     // the new sketches; nil: none are made

	head  *quant.Quantizer      // encodes if there are no tails
	split *quant.SplitQuantizer // encodes both at one scale

	pool    sync.Pool // of *code
	queries sync.Pool // of *quant.SketchQuery
}

// newCodes makes empty tables.
func newCodes(set *Settings) (*codes, error) {
	c := &codes{}
	c.pool.New = func() any { return new(c.blank()) }
	c.queries.New = func() any { return new(quant.SketchQuery) }
	var err error
	if c.heads, err = quant.NewCodes(set.HeadDims); err != nil {
		return nil, err
	}
	if set.HasTail() {
		if c.tails, err = quant.NewCodes(set.Dims - set.HeadDims); err != nil {
			return nil, err
		}
	}
	sketches, err := quant.NewSketches(set.Dims, 1, nil)
	if err != nil {
		return nil, err
	}
	c.sketches.Store(sketches)
	return c, c.quantizers(set)
}

// whole reports whether there are int8 codes of all dimensions.
func (c *codes) whole() bool { return c.tails != nil || c.heads.Dims() == c.sketches.Load().Dims() }

func (c *codes) quantizers(set *Settings) (err error) {
	if set.HasTail() {
		c.split, err = quant.NewSplitQuantizer(set.Dims, set.HeadDims)
		return err
	}
	c.head, err = quant.NewQuantizer(set.HeadDims)
	return err
}

// put keeps the codes of a full vector as those of node.
func (c *codes) put(node uint32, vec []float32) {
	k := c.pool.Get().(*code)
	defer c.pool.Put(k)
	c.encode(*k, vec)
	c.set(node, *k)
	c.draw(node, vec)
}

// wipe keeps the codes of no vector as those of node.
func (c *codes) wipe(node uint32) {
	c.set(node, c.blank())
	c.draw(node, make([]float32, c.sketches.Load().Dims()))
}

// code is a vector's int8 code, or space for one.
type code struct{ head, tail []byte }

// blank makes space for a code. What it holds is that of no vector.
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
	n := c.heads.Bytes() + c.sketches.Load().Bytes()
	if c.tails != nil {
		n += c.tails.Bytes()
	}
	return n
}

// distances compares k with nodes by the codes of all dimensions.
func (c *codes) distances(k code, nodes, keys []uint32) {
	if c.tails == nil {
		c.heads.Distances(k.head, nodes, keys)
		return
	}
	quant.Split{Head: c.heads, Tail: c.tails}.Distances(k.head, k.tail, nodes, keys)
}

// nearest finds those n of nodes whose codes of all dimensions are nearest to k, in
// no order.
func (c *codes) nearest(k code, n int, nodes iter.Seq[uint32]) []uint32 {
	ids := make([]uint32, 0, 128)
	var keys [128]uint32
	near := best{want: n}
	take := func() {
		c.distances(k, ids, keys[:len(ids)])
		for i, id := range ids {
			near.add(ordered(^keys[i], id))
		}
		ids = ids[:0]
	}
	for node := range nodes {
		if ids = append(ids, node); len(ids) == cap(ids) {
			take()
		}
	}
	take()
	return near.nodes()
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
