package hnsw

import (
	"iter"
	"math/bits"
)

// Bitset is a set of node ids that knows its size. The zero value is empty and
// ready to use. Any number of goroutines may read it; writing excludes all other
// use.
type Bitset struct {
	words []uint64
	count int
}

// NewBitset returns an empty set with capacity for ids below n.
func NewBitset(n int) *Bitset {
	return &Bitset{words: make([]uint64, (n+63)/64)}
}

// Set adds id, growing the set if necessary.
func (b *Bitset) Set(id uint32) {
	w := int(id >> 6)
	if w >= len(b.words) {
		b.words = append(b.words, make([]uint64, w+1-len(b.words))...)
	}
	if bit := uint64(1) << (id & 63); b.words[w]&bit == 0 {
		b.words[w] |= bit
		b.count++
	}
}

// Has reports whether id is in the set.
func (b *Bitset) Has(id uint32) bool {
	w := int(id >> 6)
	return w < len(b.words) && b.words[w]>>(id&63)&1 != 0
}

// Count returns the number of ids in the set.
func (b *Bitset) Count() int { return b.count }

// All yields the ids in ascending order.
func (b *Bitset) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i, w := range b.words {
			for ; w != 0; w &= w - 1 {
				if !yield(uint32(i<<6 + bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// word returns the i-th 64 ids, 0 past the end.
func (b *Bitset) word(i int) uint64 {
	if i < len(b.words) {
		return b.words[i]
	}
	return 0
}
