package index

import "math"

// best gathers the nodes of the want highest keys. The zero value but for want is
// ready.
type best struct {
	want  int
	floor uint64 // all that is kept from now on is above
	list  []uint64
}

// ordered is a key that grows with the upper half, and for equal ones falls with the
// node, so that results are repeatable.
func ordered(upper, node uint32) uint64 { return uint64(upper)<<32 | uint64(^node) }

// scoreKey is a key that grows with the score.
func scoreKey(node uint32, score float32) uint64 {
	b := math.Float32bits(score)
	if b>>31 != 0 {
		return ordered(^b, node)
	}
	return ordered(b|1<<31, node)
}

// keyScore is the score of a key, or of no key: less than any.
func keyScore(key uint64) float32 {
	b := uint32(key >> 32)
	switch {
	case key == 0:
		return float32(math.Inf(-1))
	case b>>31 != 0:
		return math.Float32frombits(b &^ (1 << 31))
	}
	return math.Float32frombits(^b)
}

// add keeps a node for now.
func (b *best) add(key uint64) {
	if key <= b.floor {
		return
	}
	if b.list == nil {
		b.list = make([]uint64, 0, 2*b.want+64)
	}
	if b.list = append(b.list, key); len(b.list) == cap(b.list) {
		b.cut()
	}
}

// cut leaves the want highest, in no order.
func (b *best) cut() {
	if len(b.list) <= b.want {
		return
	}
	partition(b.list, b.want)
	b.list = b.list[:b.want]
	b.floor = b.list[0]
	for _, key := range b.list {
		b.floor = min(b.floor, key)
	}
}

// nodes are the nodes of the want highest keys, in no order.
func (b *best) nodes() []uint32 {
	b.cut()
	nodes := make([]uint32, len(b.list))
	for i, key := range b.list {
		nodes[i] = ^uint32(key)
	}
	return nodes
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
