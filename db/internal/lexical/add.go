package lexical

import (
	"math"
	"slices"
)

// Add indexes the document node, replacing the previous one: every search finds one
// or the other. A document without terms counts, but is never found.
func (x *Index) Add(node uint32, f Fields) {
	a := x.analyses.Get().(*analysis)
	defer x.analyses.Put(a)
	x.AddAll([]uint32{node}, []Terms{a.terms(&f)})
}

// Terms are an analysed document.
type Terms []uint64

// Analyze returns the terms of a document, for AddAll. It takes no lock, so
// documents can be analysed on many cores.
func (x *Index) Analyze(f Fields) Terms {
	a := x.analyses.Get().(*analysis)
	defer x.analyses.Put(a)
	return slices.Clone(a.terms(&f))
}

// AddAll is Add for many documents; terms[i] are those of nodes[i]. It locks the
// index once, where concurrent calls of Add would contend for every document.
func (x *Index) AddAll(nodes []uint32, terms []Terms) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, node := range nodes {
		x.remove(node)
		x.add(node, terms[i])
		if x.next > maxSlot || x.clock > maxSlot {
			x.renumber()
		}
	}
}

// maxSlot leaves space for the last window. It is a variable for tests.
var maxSlot uint32 = math.MaxUint32 - 2*window

// add indexes a document with sorted term keys.
func (x *state) add(node uint32, keys []uint64) {
	slot, length := x.next, lengthOf(keys)
	c := x.grow()
	terms := x.scratch[:0]
	var written scripts
	for from := 0; from < len(keys); {
		to := from + 1
		for to < len(keys) && keys[to] == keys[from] {
			to++
		}
		term := x.term(keys[from])
		terms = append(terms, term)
		written.add(keys[from])
		x.bytes += x.lists[term].append(slot, uint32(to-from), length, x.lengthOf)
		from = to
	}
	slices.Sort(terms)
	before := c.size()
	c.add(node, length, written.spelt(), terms)
	x.bytes += c.size() - before
	x.scratch = terms
	x.assign(node, length)
}

// lengthOf is the length of a document with sorted term keys: sounds do not count.
func lengthOf(keys []uint64) uint32 {
	sounds, _ := slices.BinarySearch(keys, soundBits)
	return uint32(sounds)
}

// grow returns the chunk of the next slot.
func (x *state) grow() *chunk {
	if x.next%window == 0 {
		x.chunks = append(x.chunks, new(chunk))
		x.bytes += chunkSize + 8
	}
	return x.chunks[x.next/window]
}

// assign gives the next slot to a document and counts it.
func (x *state) assign(node, length uint32) {
	x.bytes += x.nodes.set(node, x.next)
	x.next++
	x.clock++
	x.live++
	x.length += uint64(length)
}

// term returns the number of a term, which may be new.
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

// lengthOf returns the length of the document at slot, live or removed. If its
// chunk is gone it returns 0, which makes no score bound too low.
func (x *state) lengthOf(slot uint32) uint32 {
	if c := x.chunks[slot/window]; c != nil {
		return c.lengths[slot%window]
	}
	return 0
}
