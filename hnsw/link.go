package hnsw

import "sync/atomic"

// A link word is one slot of a neighbour list: 0 for none, otherwise the id
// plus one, with two bits that mark the links of the spanning tree (level 0
// only). Zero is "none" so that fresh memory is an empty list, and an untouched
// list costs no resident page.
const (
	upMark   = 1 << 31 // the link to the node's parent in the tree
	downMark = 1 << 30 // a link to a child
	treeMark = upMark | downMark
	idMask   = downMark - 1
)

// MaxID is the largest id of a node.
const MaxID = idMask - 1

func word(id uint32) uint32     { return id + 1 }
func nodeOf(w uint32) uint32    { return w&idMask - 1 }
func isTree(w uint32) bool      { return w&treeMark != 0 }
func sameNode(a, b uint32) bool { return (a^b)&idMask == 0 }

// loadList copies a list into dst, up to its end, and returns the words.
func loadList(dst, list []uint32) []uint32 {
	dst = dst[:0]
	for i := range list {
		w := atomic.LoadUint32(&list[i])
		if w == 0 {
			break
		}
		dst = append(dst, w)
	}
	return dst
}

// storeList replaces a list with words, which fit. A concurrent reader sees words
// of the old list and of the new, and no others: the new words are written first
// to last, then the rest is cleared last to first.
func storeList(list, words []uint32) {
	for i, w := range words {
		atomic.StoreUint32(&list[i], w)
	}
	for i := len(list) - 1; i >= len(words); i-- {
		if atomic.LoadUint32(&list[i]) != 0 {
			atomic.StoreUint32(&list[i], 0)
		}
	}
}

// find returns the slot that holds node id, or -1.
func find(words []uint32, id uint32) int {
	for i, w := range words {
		if sameNode(w, word(id)) {
			return i
		}
	}
	return -1
}

// kids counts the children in a list.
func kids(words []uint32) int {
	n := 0
	for _, w := range words {
		if w&downMark != 0 {
			n++
		}
	}
	return n
}
