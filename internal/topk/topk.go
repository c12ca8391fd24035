// Package topk gathers the best of many scored nodes: those that a scan meets one after
// the other. A node and its score are one key, a number that orders by the score and,
// for equal scores, by the node, so that results are repeatable.
package topk

import (
	"math"
	"slices"
)

// Best gathers the nodes of the Want highest keys. The zero value but for Want is
// ready.
type Best struct {
	Want  int
	Floor uint64 // all that is kept from now on is above
	list  []uint64
}

// Ordered is a key that grows with the upper half, and for equal ones falls with the
// node.
func Ordered(upper, node uint32) uint64 { return uint64(upper)<<32 | uint64(^node) }

// ScoreKey is a key that grows with the score.
func ScoreKey(node uint32, score float32) uint64 {
	b := math.Float32bits(score)
	if b>>31 != 0 {
		return Ordered(^b, node)
	}
	return Ordered(b|1<<31, node)
}

// KeyScore is the score of a key, or of no key: less than any.
func KeyScore(key uint64) float32 {
	b := uint32(key >> 32)
	switch {
	case key == 0:
		return float32(math.Inf(-1))
	case b>>31 != 0:
		return math.Float32frombits(b &^ (1 << 31))
	}
	return math.Float32frombits(^b)
}

// Add keeps a node for now.
func (b *Best) Add(key uint64) {
	if key <= b.Floor {
		return
	}
	if b.list == nil {
		b.list = make([]uint64, 0, 2*b.Want+64)
	}
	if b.list = append(b.list, key); len(b.list) == cap(b.list) {
		b.cut()
	}
}

// cut leaves the Want highest, in no order.
func (b *Best) cut() {
	if len(b.list) <= b.Want {
		return
	}
	partition(b.list, b.Want)
	b.list = b.list[:b.Want]
	b.Floor = b.list[0]
	for _, key := range b.list {
		b.Floor = min(b.Floor, key)
	}
}

// Nodes are the nodes of the Want highest keys, in no order.
func (b *Best) Nodes() []uint32 {
	b.cut()
	nodes := make([]uint32, len(b.list))
	for i, key := range b.list {
		nodes[i] = ^uint32(key)
	}
	return nodes
}

// Keys are the Want highest keys, in ascending order.
func (b *Best) Keys() []uint64 {
	b.cut()
	slices.Sort(b.list)
	return b.list
}

// Merge keeps what others have gathered, too.
func (b *Best) Merge(others ...Best) {
	for i := range others {
		b.list = append(b.list, others[i].list...)
	}
}

// Least is the smallest of the Want highest keys, or 0 if there are no others.
func (b *Best) Least() uint64 {
	b.cut()
	return b.Floor
}

// partition moves the n largest of list to its beginning (Hoare's selection). 0 < n <
// len(list).
func partition(list []uint64, n int) {
	for lo, hi := 0, len(list)-1; lo < hi; {
		pivot := list[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for list[i] > pivot {
				i++
			}
			for list[j] < pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			return
		}
	}
}
