package hnsw

import (
	"iter"
	"math/bits"
	"sync/atomic"
)

const (
	chunkShift = 12 // nodes per chunk, as a power of two
	chunkNodes = 1 << chunkShift
	chunkMask  = chunkNodes - 1
	chunkWords = chunkNodes / 64 // words of a bit per node

	upperShift = 9 // upper lists per chunk: one node in M has one
	upperLists = 1 << upperShift
)

// slabs are the graph's arrays, in chunks of chunkNodes nodes. A slabs value is
// immutable once published: growing publishes a longer one that shares every
// chunk, so a reader's copy stays valid for the ids that it covers.
type slabs struct {
	links   [][]uint32 // level 0: 2M words for each node
	upperAt [][]uint32 // for each node, 1 + its first block in upper, 0 for none
	present []*marks   // ids in use, until Repair frees them
	dead    []*marks   // deleted ids
	twin    []*marks   // ids that stand in the group of another: see twins.go
	hidden  []*marks   // deleted ids that lead to live twins
	grouped []*marks   // ids that have a group

	upper [][]uint32 // blocks of M words, one for each node and level above 0
}

// marks is a bit for every node of a chunk.
type marks [chunkWords]atomic.Uint64

// cap returns the number of ids that the slabs cover.
func (s *slabs) cap() int { return len(s.links) << chunkShift }

func (g *Graph) links0(s *slabs, id uint32) []uint32 {
	at := int(id&chunkMask) * g.m0
	return s.links[id>>chunkShift][at : at+g.m0 : at+g.m0]
}

// list returns the slots of a node on one of its levels.
func (g *Graph) list(s *slabs, id uint32, level int) []uint32 {
	if level == 0 {
		return g.links0(s, id)
	}
	first := atomic.LoadUint32(&s.upperAt[id>>chunkShift][id&chunkMask])
	if first == 0 {
		return nil
	}
	block := int(first) - 1 + level - 1
	at := block & (upperLists - 1) * g.opts.M
	if block>>upperShift >= len(s.upper) {
		return nil // newer than these slabs
	}
	return s.upper[block>>upperShift][at : at+g.opts.M : at+g.opts.M]
}

func bit(id uint32) (chunk, w uint32, mask uint64) {
	return id >> chunkShift, id & chunkMask >> 6, 1 << (id & 63)
}

func has(m []*marks, id uint32) bool {
	c, w, b := bit(id)
	return int(c) < len(m) && m[c][w].Load()&b != 0
}

// mark sets the bit of id and reports whether it was clear.
func mark(m []*marks, id uint32) bool {
	c, w, b := bit(id)
	return m[c][w].Or(b)&b == 0
}

// unmark clears the bit of id and reports whether it was set.
func unmark(m []*marks, id uint32) bool {
	c, w, b := bit(id)
	return m[c][w].And(^b)&b != 0
}

// reserve returns slabs that cover id and, if its level is above 0, have its upper
// lists, growing them if necessary.
func (g *Graph) reserve(id uint32, level int) *slabs {
	s := g.slabs.Load()
	if int(id) < s.cap() && (level == 0 || atomic.LoadUint32(&s.upperAt[id>>chunkShift][id&chunkMask]) != 0) {
		return s
	}
	g.grow.Lock()
	defer g.grow.Unlock()
	s = g.slabs.Load()
	if int(id) < s.cap() && level == 0 {
		return s
	}
	next := *s // appending past the published length is invisible to readers
	for int(id) >= next.cap() {
		next.links = append(next.links, make([]uint32, chunkNodes*g.m0))
		next.upperAt = append(next.upperAt, make([]uint32, chunkNodes))
		next.present = append(next.present, new(marks))
		next.dead = append(next.dead, new(marks))
		next.twin = append(next.twin, new(marks))
		next.hidden = append(next.hidden, new(marks))
		next.grouped = append(next.grouped, new(marks))
	}
	at := &next.upperAt[id>>chunkShift][id&chunkMask]
	first := atomic.LoadUint32(at)
	if level > 0 && first == 0 {
		first = uint32(g.upperLen) + 1
		g.upperLen += level
		for g.upperLen > len(next.upper)<<upperShift {
			next.upper = append(next.upper, make([]uint32, upperLists*g.opts.M))
		}
	}
	g.slabs.Store(&next)
	if level > 0 {
		atomic.StoreUint32(at, first) // after the blocks that it refers to are published
	}
	return &next
}

// marked yields the ids whose bit is set, ascending.
func marked(of []*marks) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for c, m := range of {
			for i := range m {
				for set := m[i].Load(); set != 0; set &= set - 1 {
					if !yield(uint32(c<<chunkShift + i<<6 + bits.TrailingZeros64(set))) {
						return
					}
				}
			}
		}
	}
}
