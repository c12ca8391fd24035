package index

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fronyai/frony-db/hnsw"
	"github.com/fronyai/frony-db/internal/topk"
	"github.com/fronyai/frony-db/quant"
)

// codes are what is kept of all vectors in memory: codes that the graph searches, of the
// heads in int8 or of all dimensions in four bits each; int8 codes of the tails, which
// refine candidates; and sketches of all dimensions, which are scanned. Without codes
// of all dimensions, candidates go to their full vectors at once.
type codes struct {
	heads *quant.Codes
	tails *quant.Codes // nil: there are none

	sketches atomic.Pointer[quant.Sketches]
	drawing  sync.RWMutex // writers hold it for reading, and whoever makes new sketches for writing
	next     *redrawn     // the new sketches; nil: none are made

	// One of these encodes.
	head  *quant.Quantizer      // heads alone
	split *quant.SplitQuantizer // both at one scale
	full  *quant.FullQuantizer  // all dimensions in four bits each, kept as heads

	pool    sync.Pool // of *code
	queries sync.Pool // of *quant.SketchQuery
}

// newCodes makes empty tables.
func newCodes(set *Settings) (*codes, error) {
	c := &codes{}
	c.pool.New = func() any { return new(c.blank()) }
	c.queries.New = func() any { return new(quant.SketchQuery) }
	var err error
	if set.Full {
		c.heads, err = quant.NewFullCodes(set.Dims)
	} else {
		c.heads, err = quant.NewCodes(set.HeadDims)
	}
	if err != nil {
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

// whole reports whether there are codes of all dimensions.
func (c *codes) whole() bool { return c.tails != nil || c.heads.Dims() == c.sketches.Load().Dims() }

func (c *codes) quantizers(set *Settings) (err error) {
	if set.HasTail() {
		c.split, err = quant.NewSplitQuantizer(set.Dims, set.HeadDims)
		return err
	}
	if set.Full {
		c.full, err = quant.NewFullQuantizer(set.Dims)
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

// none reports whether the codes of a node may be those of no vector.
func (c *codes) none(node uint32) bool {
	return !slices.ContainsFunc(c.heads.Code(node), func(b byte) bool { return b != 0 })
}

// code is a vector's code, or space for one.
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
	switch {
	case c.split != nil:
		c.split.Encode(k.head, k.tail, vec)
	case c.full != nil:
		c.full.Encode(k.head, vec)
	default:
		c.head.Encode(k.head, vec)
	}
}

// query is the code of a full vector to compare others with.
func (c *codes) query(vec []float32) code {
	if c.full != nil {
		k := code{head: make([]byte, c.full.QuerySize())}
		c.full.EncodeQuery(k.head, vec)
		return k
	}
	k := c.blank()
	c.encode(k, vec)
	return k
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
	near := topk.Best{Want: n}
	take := func() {
		c.distances(k, ids, keys[:len(ids)])
		for i, id := range ids {
			near.Add(topk.Ordered(^keys[i], id))
		}
		ids = ids[:0]
	}
	for node := range nodes {
		if ids = append(ids, node); len(ids) == cap(ids) {
			take()
		}
	}
	take()
	return near.Nodes()
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
// int8 codes of all dimensions, and among the best twenty by four bits of each:
// docs/decisions/0012-split-codes.md, 0132-full-codes.md.
func (c *codes) refined(k int) int {
	if c.full != nil {
		return 2*k + 10
	}
	return k + k/2 + 5
}
