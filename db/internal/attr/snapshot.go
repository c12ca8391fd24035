package attr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/fronyai/frony-db/db/internal/store"
)

// ErrCorrupt is returned by Decode when the bytes are damaged.
var ErrCorrupt = errors.New("metadata columns are damaged")

// Append appends the encoded columns: for each its name, its values, and pairs of
// a node, as the difference from the one before, and the number of its value. The
// caller adds a checksum.
func (x *Index) Append(dst []byte) []byte {
	x.mu.RLock()
	defer x.mu.RUnlock()
	dst = binary.AppendUvarint(dst, uint64(len(x.columns)))
	for _, name := range slices.Sorted(maps.Keys(x.columns)) {
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = x.columns[name].append(append(dst, name...))
	}
	return dst
}

// Decode decodes what Append encoded.
func Decode(b []byte) (*Index, error) {
	x := New()
	n, b, err := number(b)
	if err != nil {
		return nil, err
	}
	for range n {
		var name string
		if name, b, err = text(b); err != nil {
			return nil, err
		}
		if b, err = x.decodeColumn(name, b); err != nil {
			return nil, fmt.Errorf("column %q: %w", name, err)
		}
	}
	x.settle()
	if len(b) != 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", ErrCorrupt, len(b))
	}
	return x, nil
}

func (c *column) append(dst []byte) []byte {
	moved := make([]uint32, len(c.dict)+1) // position → number
	dst = binary.AppendUvarint(dst, uint64(len(c.lookup)))
	n := uint32(0)
	for i, v := range c.dict {
		if v != nil {
			n++
			moved[i+1] = n
			dst = store.AppendValue(dst, raw(v))
		}
	}
	dst = binary.AppendUvarint(dst, uint64(c.count))
	before := uint32(0)
	pair := func(node, p uint32) {
		dst = binary.AppendUvarint(dst, uint64(node-before))
		dst = binary.AppendUvarint(dst, uint64(moved[p]))
		before = node
	}
	for _, node := range slices.Sorted(maps.Keys(c.sparse)) {
		pair(node, c.sparse[node])
	}
	for node, p := range c.dense {
		if p != 0 {
			pair(uint32(node), p)
		}
	}
	return dst
}

// decodeColumn decodes a column into x.
func (x *Index) decodeColumn(name string, b []byte) ([]byte, error) {
	c := newColumn(name)
	n, b, err := number(b)
	if err != nil {
		return nil, err
	}
	for range n {
		v, rest, err := store.DecodeValue(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if int(c.position(v)) != len(c.dict) {
			return nil, fmt.Errorf("%w: a value occurs twice", ErrCorrupt)
		}
		b = rest
	}
	clear(c.refs) // the nodes follow
	pairs, b, err := number(b)
	if err != nil {
		return nil, err
	}
	if pairs > mapMost { // a large map takes long to fill
		c.sparse = nil
	}
	node := uint64(0)
	for i := range pairs {
		var step, p uint64
		if step, b, err = number(b); err == nil {
			p, b, err = number(b)
		}
		if err != nil {
			return nil, err
		}
		if node += step; node >= math.MaxUint32 || p == 0 || p > uint64(len(c.dict)) || step == 0 && i > 0 || node > maxNode {
			return nil, fmt.Errorf("%w: node %d has value %d of %d", ErrCorrupt, node, p, len(c.dict))
		}
		c.refs[p-1]++
		c.count++
		c.decoded(uint32(node), uint32(p))
	}
	if slices.Contains(c.refs, 0) {
		return nil, fmt.Errorf("%w: a value that no node has", ErrCorrupt)
	}
	x.columns[name] = c
	return b, nil
}

// maxNode bounds the memory that a damaged column can ask for: it is above every
// node that a collection can have.
const maxNode = 1 << 30

// mapMost is the number of nodes up to which a column is decoded as a map.
const mapMost = 1024

// decoded adds a node, which is beyond the others.
func (c *column) decoded(node, p uint32) {
	if c.sparse != nil {
		c.sparse[node] = p
		return
	}
	c.dense = append(c.dense, make([]uint32, int(node)+1-len(c.dense))...)
	c.dense[node] = p
}

// settle takes over which nodes have fields, and shapes the columns.
func (x *Index) settle() {
	for _, c := range x.columns {
		for node := range c.each(math.MaxUint32) {
			x.nodes = max(x.nodes, node+1)
			x.use(node, true)
		}
	}
	for _, c := range x.columns {
		c.reshape(x.nodes)
		if c.sparse == nil {
			c.span()
		}
	}
}

func number(b []byte) (uint64, []byte, error) {
	n, k := binary.Uvarint(b)
	if k <= 0 {
		return 0, nil, fmt.Errorf("%w: truncated", ErrCorrupt)
	}
	return n, b[k:], nil
}

func text(b []byte) (string, []byte, error) {
	n, b, err := number(b)
	if err != nil {
		return "", nil, err
	}
	if n > uint64(len(b)) {
		return "", nil, fmt.Errorf("%w: truncated", ErrCorrupt)
	}
	return string(b[:n]), b[n:], nil
}
