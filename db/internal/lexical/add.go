package lexical

import (
	"math"
	"slices"
)

// Add indexes text as the document node; what node held before is replaced,
// and no search finds both or neither. A text without words is counted, and
// never found.
func (x *Index) Add(node uint32, text string) {
	a := x.analyses.Get().(*analysis)
	defer x.analyses.Put(a)
	a.run(text)
	x.AddAll([]uint32{node}, []Words{a.sortedKeys()})
}

// Words are what Add makes of a text before it needs the index: they can be made
// on many cores at once.
type Words []uint64

// Words analyses a text for AddAll.
func (x *Index) Words(text string) Words {
	a := x.analyses.Get().(*analysis)
	defer x.analyses.Put(a)
	a.run(text)
	return slices.Clone(a.sortedKeys())
}

// AddAll is Add for many documents, words[i] being those of nodes[i]. It takes the
// index once, where many callers of Add would wait for each other at every
// document.
func (x *Index) AddAll(nodes []uint32, words []Words) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, node := range nodes {
		x.remove(node)
		x.add(node, words[i])
		if x.next > maxSlot || x.clock > maxSlot {
			x.renumber()
		}
	}
}

// maxSlot leaves room for the last window; it is a variable for tests.
var maxSlot uint32 = math.MaxUint32 - 2*window

// add enters a document whose term keys are sorted.
func (x *state) add(node uint32, keys []uint64) {
	slot, length := x.next, uint32(len(keys))
	c := x.grow()
	terms := x.scratch[:0]
	for from := 0; from < len(keys); {
		to := from + 1
		for to < len(keys) && keys[to] == keys[from] {
			to++
		}
		term := x.term(keys[from])
		terms = append(terms, term)
		x.bytes += x.lists[term].append(slot, uint32(to-from), length, x.lengthOf)
		from = to
	}
	slices.Sort(terms)
	before := c.size()
	c.add(node, length, terms)
	x.bytes += c.size() - before
	x.scratch = terms
	x.settle(node, length)
}

// grow returns the chunk that the next slot lies in.
func (x *state) grow() *chunk {
	if x.next%window == 0 {
		x.chunks = append(x.chunks, new(chunk))
		x.bytes += chunkSize + 8
	}
	return x.chunks[x.next/window]
}

// settle counts in the document that the next slot has been given to.
func (x *state) settle(node, length uint32) {
	x.bytes += x.nodes.set(node, x.next)
	x.next++
	x.clock++
	x.live++
	x.length += uint64(length)
}

// term returns the number of a term, new or known.
func (x *state) term(key uint64) uint32 {
	if id, ok := x.ids[key]; ok {
		return id
	}
	var id uint32
	if n := len(x.free); n > 0 {
		id, x.free = x.free[n-1], x.free[:n-1]
	} else {
		id = uint32(len(x.lists))
		x.lists = append(x.lists, list{})
	}
	x.lists[id].key = key
	x.ids[key] = id
	return id
}

// lengthOf returns the length of the document at slot, dead or alive; where
// its chunk is gone 0, for which no score bound is too low.
func (x *state) lengthOf(slot uint32) uint32 {
	if c := x.chunks[slot/window]; c != nil {
		return c.lengths[slot%window]
	}
	return 0
}
