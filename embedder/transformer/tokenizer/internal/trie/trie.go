// Package trie is a double array: a read-only map from byte strings to small integers that
// finds every key that is a prefix of a text in one walk.
//
// Each node is one 64-bit slot, and the child of a node by byte c lives in slot
// base XOR c, so a step costs one load. A vocabulary of 250,000 pieces takes
// about 8 bytes for every node, 10 MB in all; a Go map of the same strings
// takes several times that and can't walk prefixes.
//
//	bit 63 … 33   base of the node's children; 0 if it has none
//	bit 32 …  9   value + 1; 0 if no key ends here
//	bit       8   the slot is occupied
//	bit  7 …  0   the byte that leads here
//
// Invariants: (1) no two nodes share a base, so that the byte alone tells a
// node's child from another's; (2) no base is 0, and slot 0 is empty, so that a
// walk from a leaf fails; (3) a base's whole block of 256 slots exists.
//
// The layout follows Aoe, "An Efficient Digital Search Algorithm by Using a
// Double-Array Structure" (1989), with the XOR placement of Yata's darts-clone.
package trie

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// MaxValue is the largest value a key can have.
const MaxValue = 1<<24 - 2

const (
	occupied   = 1 << 8
	valueShift = 9
	valueMask  = 1<<24 - 1
	baseShift  = 33
	blockSize  = 256
	openBlocks = 16 // how many of the newest blocks are searched for free slots
)

// Entry is a key with its value.
type Entry struct {
	Key   string
	Value uint32
}

// Trie is the finished map. It is safe for concurrent use.
type Trie struct {
	slots []uint64
	root  Node
}

// Node is a position in a walk.
type Node uint32

// Root is where walks start.
func (t *Trie) Root() Node { return t.root }

// Step follows byte c from n. If there is such a child, ok is true; value is
// the value + 1 of the key that ends there, or 0.
func (t *Trie) Step(n Node, c byte) (next Node, value uint32, ok bool) {
	i := uint32(n) ^ uint32(c)
	if int(i) >= len(t.slots) {
		return 0, 0, false
	}
	s := t.slots[i]
	if s&(occupied|0xff) != occupied|uint64(c) {
		return 0, 0, false
	}
	return Node(s >> baseShift), uint32(s>>valueShift) & valueMask, true
}

// Get returns the value of key.
func (t *Trie) Get(key string) (uint32, bool) {
	n, v, ok := t.root, uint32(0), false
	for i := range len(key) {
		if n, v, ok = t.Step(n, key[i]); !ok {
			return 0, false
		}
	}
	return v - 1, v != 0
}

// Size is the memory of the trie in bytes.
func (t *Trie) Size() int { return 8 * len(t.slots) }

// New builds a trie. Of entries with the same key the last one counts. An empty key is
// omitted.
func New(entries []Entry) (*Trie, error) {
	for _, e := range entries {
		if e.Value > MaxValue {
			return nil, fmt.Errorf("trie: value %d of key %q, want at most %d", e.Value, e.Key, MaxValue)
		}
	}
	b := builder{entries: order(entries)}
	n := len(b.entries)
	b.grow()
	t := &Trie{}
	if n > 0 {
		t.root = Node(b.build())
	}
	t.slots = slices.Clip(b.slots)
	return t, nil
}

// order sorts entries by key and drops those that do not count. Comparing eight bytes as a
// number decides nearly every comparison without touching the keys.
func order(entries []Entry) []Entry {
	type item struct {
		head  uint64
		index int
	}
	items := make([]item, 0, len(entries))
	for i, e := range entries {
		if e.Key != "" {
			var head [8]byte
			copy(head[:], e.Key)
			items = append(items, item{binary.BigEndian.Uint64(head[:]), i})
		}
	}
	slices.SortFunc(items, func(a, b item) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(entries[a.index].Key, entries[b.index].Key), cmp.Compare(a.index, b.index))
	})
	sorted := make([]Entry, 0, len(items))
	for i, it := range items {
		if i+1 == len(items) || entries[items[i+1].index].Key != entries[it.index].Key {
			sorted = append(sorted, entries[it.index])
		}
	}
	return sorted
}

// builder places nodes. Free slots form a ring in order of address, so that the search
// skips those taken.
type builder struct {
	entries    []Entry
	slots      []uint64
	next, prev []uint32
	based      []bool // bases in use
	head       uint32 // a free slot, or 0 if there is none
}

// grow appends one block of free slots, and drops an old one from the ring.
func (b *builder) grow() {
	lo := uint32(len(b.slots))
	b.slots = append(b.slots, make([]uint64, blockSize)...)
	b.next = append(b.next, make([]uint32, blockSize)...)
	b.prev = append(b.prev, make([]uint32, blockSize)...)
	b.based = append(b.based, make([]bool, blockSize)...)
	if lo == 0 {
		b.based[0] = true // invariant 2
	}
	if old := int(lo) - openBlocks*blockSize; old >= 0 {
		for s := uint32(old); s < uint32(old)+blockSize; s++ {
			if s != 0 && b.slots[s]&occupied == 0 {
				b.unlink(s)
			}
		}
	}
	for s := lo; s < lo+blockSize; s++ {
		if s != 0 {
			b.link(s)
		}
	}
}

func (b *builder) link(s uint32) {
	if b.head == 0 {
		b.head, b.next[s], b.prev[s] = s, s, s
		return
	}
	tail := b.prev[b.head]
	b.next[tail], b.prev[s] = s, tail
	b.next[s], b.prev[b.head] = b.head, s
}

func (b *builder) unlink(s uint32) {
	if b.next[s] == s {
		b.head = 0
		return
	}
	b.next[b.prev[s]], b.prev[b.next[s]] = b.next[s], b.prev[s]
	if b.head == s {
		b.head = b.next[s]
	}
}

// job is a node whose children are still to be placed: entries[lo:hi] share
// their first depth bytes, and the node sits in slot.
type job struct {
	lo, hi, depth int
	slot          uint32
}

// build places every node and returns the root's base.
func (b *builder) build() uint32 {
	var root uint32
	var labels []byte
	var starts []int
	stack := []job{{hi: len(b.entries)}}
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		lo := j.lo
		if len(b.entries[lo].Key) == j.depth { // sorted: only the first can end here
			b.slots[j.slot] |= uint64(b.entries[lo].Value+1) << valueShift
			lo++
		}
		labels, starts = labels[:0], starts[:0]
		for i := lo; i < j.hi; i++ {
			if c := b.entries[i].Key[j.depth]; len(labels) == 0 || labels[len(labels)-1] != c {
				labels, starts = append(labels, c), append(starts, i)
			}
		}
		if len(labels) == 0 {
			continue
		}
		base := b.place(labels)
		b.based[base] = true
		if j.depth == 0 {
			root = base
		} else {
			b.slots[j.slot] |= uint64(base) << baseShift
		}
		for _, c := range labels {
			s := base ^ uint32(c)
			b.unlink(s)
			b.slots[s] = occupied | uint64(c)
		}
		hi := j.hi
		for i, c := range slices.Backward(labels) {
			stack = append(stack, job{starts[i], hi, j.depth + 1, base ^ uint32(c)})
			hi = starts[i]
		}
	}
	return root
}

// place finds a base at which all labels are free.
func (b *builder) place(labels []byte) uint32 {
	if b.head != 0 {
		for s := b.head; ; {
			if base := s ^ uint32(labels[0]); !b.based[base] && b.free(base, labels) {
				return base
			}
			if s = b.next[s]; s == b.head {
				break
			}
		}
	}
	b.grow()
	return uint32(len(b.slots)-blockSize) ^ uint32(labels[0])
}

func (b *builder) free(base uint32, labels []byte) bool {
	for _, c := range labels {
		if s := base ^ uint32(c); s == 0 || b.slots[s]&occupied != 0 {
			return false
		}
	}
	return true
}
