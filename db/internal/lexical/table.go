package lexical

import (
	"encoding/binary"
	"sync/atomic"
)

// window is the number of slots in a chunk, and of those that a search scores at a
// time, so that the scores stay in the first-level cache.
const window = 2048

// A chunk stores window documents by slot. What a search reads is written once,
// before the slot is published, or atomically; the rest is guarded by the lock of
// the index.
type chunk struct {
	nodes   [window]uint32
	lengths [window]uint32
	spelt   [window]float32       // how much of the document is in scripts of bigrams
	died    [window]atomic.Uint32 // the clock when the document was removed; 0 if it is live

	used, live int

	// The forward index: the terms of each live document, as ascending term
	// numbers in delta varints. Removal needs it to update the statistics.
	terms  []byte
	ends   []uint32 // the end of each document's terms
	wasted int      // bytes of removed documents
}

// add stores a document in the next slot of the chunk.
func (c *chunk) add(node, length uint32, spelt float32, terms []uint32) {
	i := c.used
	c.nodes[i], c.lengths[i], c.spelt[i] = node, length, spelt
	before := uint32(0)
	for _, t := range terms {
		c.terms = binary.AppendUvarint(c.terms, uint64(t-before))
		before = t
	}
	c.ends = append(c.ends, uint32(len(c.terms)))
	c.used++
	c.live++
}

func (c *chunk) span(i uint32) (from, to uint32) {
	if i > 0 {
		from = c.ends[i-1]
	}
	return from, c.ends[i]
}

// termsOf appends the term numbers of the document at i to dst.
func (c *chunk) termsOf(dst []uint32, i uint32) []uint32 {
	from, to := c.span(i)
	term := uint32(0)
	for b := c.terms[from:to]; len(b) > 0; {
		delta, n := binary.Uvarint(b)
		b = b[n:]
		term += uint32(delta)
		dst = append(dst, term)
	}
	return dst
}

// remove marks the document at i as removed. When half of the forward index belongs
// to removed documents, it is compacted.
func (c *chunk) remove(i, clock uint32) {
	from, to := c.span(i)
	c.died[i].Store(clock)
	c.live--
	c.wasted += int(to - from)
	if c.wasted*2 <= len(c.terms) || c.wasted < 512 {
		return
	}
	terms := make([]byte, 0, len(c.terms)-c.wasted)
	from = 0
	for j, end := range c.ends {
		if c.died[j].Load() == 0 {
			terms = append(terms, c.terms[from:end]...)
		}
		from = end
		c.ends[j] = uint32(len(terms))
	}
	c.terms, c.wasted = terms, 0
}

func (c *chunk) size() int { return chunkSize + 4*cap(c.ends) + cap(c.terms) }

const chunkSize = 4*4*window + 9*8

// A nodeTable maps nodes to slots. Nodes are dense, so pages are full; a stray high
// number costs one page.
type nodeTable struct {
	pages map[uint32]*[nodePage]uint32 // slot + 1; 0 is none
}

const (
	nodePage     = 64
	nodePageSize = 4*nodePage + 24 // including its entry in the map
)

func (t *nodeTable) get(node uint32) (slot uint32, ok bool) {
	p := t.pages[node/nodePage]
	if p == nil {
		return 0, false
	}
	s := p[node%nodePage]
	return s - 1, s != 0
}

func (t *nodeTable) set(node, slot uint32) (grown int) {
	p := t.pages[node/nodePage]
	if p == nil {
		if t.pages == nil {
			t.pages = make(map[uint32]*[nodePage]uint32)
		}
		p = new([nodePage]uint32)
		t.pages[node/nodePage] = p
		grown = nodePageSize
	}
	p[node%nodePage] = slot + 1
	return grown
}

func (t *nodeTable) clear(node uint32) (shrunk int) {
	p := t.pages[node/nodePage]
	p[node%nodePage] = 0
	if *p != [nodePage]uint32{} {
		return 0
	}
	delete(t.pages, node/nodePage)
	return nodePageSize
}
