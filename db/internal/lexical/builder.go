package lexical

import (
	"encoding/binary"
	"runtime"
	"slices"

	"github.com/fronyai/frony-db/internal/parallel"
)

// A builder makes an index from complete documents and postings: first all
// documents, then the terms, each with its postings by slot.
type builder struct {
	state
	tallies []tally // by slot
	current uint32  // number of the current term
	list    list    // its postings, until it is complete
	body    body    // the same; its buffers are reused
}

// A tally is what the builder knows of a document. Its fields are adjacent in
// memory, because postings refer to documents in random order.
type tally struct {
	length uint32
	sum    uint32 // of tf so far; later the offset of the document's next term
	size   uint32 // bytes of the forward index
	before uint32 // the document's previous term
	scripts
}

// document gives the next slot to a document. It reports false if the node already
// has one.
func (b *builder) document(d document) bool {
	if _, ok := b.nodes.get(d.node); ok {
		return false
	}
	c := b.grow()
	i := c.used
	c.nodes[i], c.lengths[i] = d.node, d.length
	c.used++
	c.live++
	b.assign(d.node, d.length)
	b.tallies = append(b.tallies, tally{length: d.length})
	return true
}

// start begins a term. It reports false if the term is not new.
func (b *builder) start(key uint64) bool {
	b.seal()
	if b.ids == nil {
		b.ids = make(map[uint64]uint32)
	}
	n := len(b.lists)
	b.current = b.term(key)
	return len(b.lists) > n
}

// posting adds a document to the current term. It reports false if the document is
// shorter than its terms add up to.
func (b *builder) posting(slot, tf uint32) bool {
	t := &b.tallies[slot]
	t.add(b.lists[b.current].key)
	if !isSound(b.lists[b.current].key) { // sounds are not part of the length
		if tf > t.length-t.sum {
			return false
		}
		t.sum += tf
	}
	t.size += varintLen(b.current - t.before)
	t.before = b.current
	b.body.append(slot-b.list.last, tf)
	b.body.open.add(tf, t.length)
	b.list.n++
	b.list.last, b.list.tf = slot, tf
	if b.list.n%blockLen == 0 {
		b.body.close(slot)
		b.body.tail = b.body.tail[:0]
	}
	return true
}

// seal stores the postings of the current term, in buffers of their exact size.
func (b *builder) seal() {
	if b.list.n > 0 {
		l := &b.lists[b.current]
		l.n, l.df, l.last, l.tf = b.list.n, b.list.n, b.list.last, b.list.tf
		if l.n > 1 {
			l.body = &body{slices.Clone(b.body.full), slices.Clone(b.body.skips), slices.Clone(b.body.tail), b.body.open}
		}
		b.bytes += l.size()
	}
	b.list = list{}
	b.body = body{b.body.full[:0], b.body.skips[:0], b.body.tail[:0], none}
}

// finish builds the forward index from the postings. It reports false if a document
// is longer than its terms add up to.
func (b *builder) finish() bool {
	b.seal()
	if b.ids == nil {
		b.ids = make(map[uint64]uint32)
	}
	for i, c := range b.chunks {
		before := c.size()
		c.ends = make([]uint32, c.used, window)
		at := uint32(0)
		for j := range c.used {
			t := &b.tallies[i*window+j]
			if t.sum != t.length {
				return false
			}
			c.spelt[j] = t.spelt()
			t.sum, t.before = at, 0
			at += t.size
			c.ends[j] = at
		}
		c.terms = make([]byte, at)
		b.bytes += c.size() - before
	}
	parts := min(runtime.GOMAXPROCS(0), len(b.chunks)) // each reads all terms
	parallel.Each(parts, 1, func(i int) {
		lo, hi := len(b.chunks)*i/parts*window, len(b.chunks)*(i+1)/parts*window
		b.forward(uint32(lo), uint32(hi))
	})
	return true
}

// forward writes the forward index of the slots [lo, hi), which are whole chunks.
func (b *builder) forward(lo, hi uint32) {
	for term := range uint32(len(b.lists)) {
		for slot := range b.lists[term].from(lo) {
			if slot >= hi {
				break
			}
			t, c := &b.tallies[slot], b.chunks[slot/window]
			t.sum += uint32(binary.PutUvarint(c.terms[t.sum:], uint64(term-t.before)))
			t.before = term
		}
	}
}
