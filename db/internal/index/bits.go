package index

import (
	"iter"
	mathbits "math/bits"

	"github.com/fronyai/frony-db/hnsw"
)

// bits is a set of nodes, as package attr returns it.
type bits []uint64

// allBits is the set of the nodes below n.
func allBits(n uint32) bits {
	b := make(bits, (n+63)/64)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if r := n % 64; r != 0 {
		b[len(b)-1] = 1<<r - 1
	}
	return b
}

// count is the number of nodes in the set.
func (b bits) count() (n int) {
	for _, w := range b {
		n += mathbits.OnesCount64(w)
	}
	return n
}

// bitset is the set as the graph takes it. Nil, all nodes, stays nil.
func (b bits) bitset() *hnsw.Bitset {
	if b == nil {
		return nil
	}
	s := hnsw.NewBitset(64 * len(b))
	for node := range b.all() {
		s.Set(node)
	}
	return s
}

// all yields the nodes of the set in order.
func (b bits) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i*64 + mathbits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// none reports whether the set has none of the 64 nodes of a word. Nil has all nodes.
func (b bits) none(word uint32) bool { return b != nil && int(word) < len(b) && b[word] == 0 }

func (b bits) has(node uint32) bool {
	i := int(node / 64)
	return i < len(b) && b[i]>>(node%64)&1 != 0
}
