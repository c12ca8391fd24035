package attr

import (
	"github.com/fronyai/frony-db/db/internal/store"
)

// column holds a position in its dictionary for each node that has the field. Few
// nodes are a map, so that a rare field costs memory by its values. Many are a
// slice.
type column struct {
	dense  []uint32          // by node, 0 for none; nil: the column is sparse
	sparse map[uint32]uint32 // by node; nil: the column is dense
	count  int               // nodes that have the field

	dict   []any               // by position − 1, as entryOf makes them; nil: unused
	refs   []uint32            // nodes that have the value
	unused []uint32            // positions
	lookup map[string]uint32   // encoded value → position
	equal  map[string][]uint32 // key of an odd value → positions
	kinds  [kinds]int          // values of each kind

	texts  bool   // strings are no times: of sources
	blocks []span // of the dense column
}

// A column becomes dense when one node in denseAt has the field, and sparse again
// when fewer than one in sparseAt have it.
const (
	denseAt  = 8
	sparseAt = 32
)

func newColumn(name string) *column {
	return &column{sparse: make(map[uint32]uint32), lookup: make(map[string]uint32), texts: name == SourceColumn || name == IDColumn}
}

// get returns the position of a node's value, or 0.
func (c *column) get(node uint32) uint32 {
	if c.sparse != nil {
		return c.sparse[node]
	}
	if int(node) < len(c.dense) {
		return c.dense[node]
	}
	return 0
}

// set gives a node a value, which position has counted, or takes its value away
// if p is 0. nodes is above all nodes of the index.
func (c *column) set(node, p, nodes uint32) {
	old := c.get(node)
	switch {
	case old == 0 && p != 0:
		c.count++
	case old != 0 && p == 0:
		c.count--
	}
	c.reshape(nodes)
	switch {
	case c.sparse == nil:
		if int(node) >= len(c.dense) && p != 0 {
			c.dense = append(c.dense, make([]uint32, int(node)+1-len(c.dense))...)
		}
		if int(node) < len(c.dense) {
			c.dense[node] = p
			c.widen(node, p)
		}
	case p == 0:
		delete(c.sparse, node)
	default:
		c.sparse[node] = p
	}
	c.release(old)
}

// reshape makes the column dense or sparse, as fits its count.
func (c *column) reshape(nodes uint32) {
	switch {
	case c.sparse != nil && c.count > 64 && c.count > int(nodes)/denseAt:
		c.dense = make([]uint32, nodes)
		for node, p := range c.sparse {
			c.dense[node] = p
		}
		c.sparse = nil
		c.span()
	case c.sparse == nil && c.count < int(nodes)/sparseAt:
		c.sparse = make(map[uint32]uint32, c.count)
		for node, p := range c.dense {
			if p != 0 {
				c.sparse[uint32(node)] = p
			}
		}
		c.dense, c.blocks = nil, nil
	}
}

// position returns the position of a value for one more node, and adds the value
// if necessary.
func (c *column) position(v any) uint32 {
	key := string(store.AppendValue(nil, v))
	p, ok := c.lookup[key]
	if !ok {
		if n := len(c.unused); n > 0 {
			p, c.unused = c.unused[n-1], c.unused[:n-1]
			c.dict[p-1] = entryOf(v, c.texts)
		} else {
			c.dict, c.refs = append(c.dict, entryOf(v, c.texts)), append(c.refs, 0)
			p = uint32(len(c.dict))
		}
		c.lookup[key] = p
		c.learn(p)
	}
	c.refs[p-1]++
	return p
}

// release gives a value back that a node no longer has.
func (c *column) release(p uint32) {
	if p == 0 {
		return
	}
	if c.refs[p-1]--; c.refs[p-1] == 0 {
		c.unlearn(p)
		delete(c.lookup, string(store.AppendValue(nil, raw(c.dict[p-1]))))
		c.dict[p-1] = nil
		c.unused = append(c.unused, p)
	}
}

// each yields the nodes below n that have the field, with the positions of their
// values: in order if the column is dense.
func (c *column) each(n uint32) func(yield func(node, p uint32) bool) {
	return func(yield func(node, p uint32) bool) {
		for node, p := range c.sparse {
			if node < n && !yield(node, p) {
				return
			}
		}
		for node, p := range c.dense[:min(int(n), len(c.dense))] {
			if p != 0 && !yield(uint32(node), p) {
				return
			}
		}
	}
}

// bytes estimates the memory of the column.
func (c *column) bytes() int64 {
	n := int64(4*cap(c.dense)) + int64(16*len(c.sparse)) + int64(24*cap(c.dict)) + 256
	for key := range c.lookup {
		n += int64(2*len(key)) + 64
	}
	for key, positions := range c.equal {
		n += int64(len(key)+4*cap(positions)) + 128
	}
	return n + int64(8*cap(c.blocks))
}
