package lexical

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A builder makes an index of documents and postings that are there already:
// all documents first, then the terms, each with its postings by slot.
type builder struct {
	state
	current uint32   // number of the term at hand
	list    list     // its postings, which stay here until it is complete
	body    body     // the same, with room to spare
	sums    []uint32 // by slot: sum of tf so far
	sizes   []uint32 // by slot: bytes of the forward index
	before  []uint32 // by slot: the last term
}

// document gives the next slot to a document. It reports false if the node
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
	b.settle(d.node, d.length)
	return true
}

// start begins a term. It reports false if the term was there before.
func (b *builder) start(key uint64) bool {
	b.prepare()
	b.seal()
	n := len(b.lists)
	b.current = b.term(key)
	return len(b.lists) > n
}

// prepare makes room for what is kept by slot, now that all documents are in.
func (b *builder) prepare() {
	if b.ids != nil {
		return
	}
	b.ids = make(map[uint64]uint32)
	b.sums = make([]uint32, b.next)
	b.sizes = make([]uint32, b.next)
	b.before = make([]uint32, b.next)
}

// posting adds a document to the term at hand. It reports false if the
// document is shorter than its terms add up to.
func (b *builder) posting(slot, tf uint32) bool {
	length := b.lengthOf(slot)
	if tf > length-b.sums[slot] {
		return false
	}
	b.sums[slot] += tf
	b.sizes[slot] += uint32(varintLen(b.current - b.before[slot]))
	b.before[slot] = b.current
	b.body.append(slot-b.list.last, tf)
	b.body.open.add(tf, length)
	b.list.n++
	b.list.last, b.list.tf = slot, tf
	if b.list.n%blockLen == 0 {
		b.body.close(slot)
	}
	return true
}

// seal stores the postings of the term at hand, in buffers that fit.
func (b *builder) seal() {
	if b.list.n > 0 {
		l := &b.lists[b.current]
		l.n, l.df, l.last, l.tf = b.list.n, b.list.n, b.list.last, b.list.tf
		if l.n > 1 {
			l.body = &body{slices.Clone(b.body.data), slices.Clone(b.body.skips), b.body.open}
		}
		b.bytes += l.size()
	}
	b.list = list{}
	b.body = body{b.body.data[:0], b.body.skips[:0], nothing}
}

func varintLen(v uint32) int { return max(1, (bits.Len32(v)+6)/7) }

// finish builds the forward index out of the postings. It reports false if a
// document is longer than its terms add up to.
func (b *builder) finish() bool {
	b.prepare()
	b.seal()
	for slot, sum := range b.sums {
		if sum != b.lengthOf(uint32(slot)) {
			return false
		}
	}
	starts := b.sums // no longer needed: where the next term of a document goes
	for i, c := range b.chunks {
		from, to := i*window, i*window+c.used
		before := c.size()
		c.ends = make([]uint32, c.used, window)
		at := uint32(0)
		for slot := from; slot < to; slot++ {
			starts[slot] = at
			at += b.sizes[slot]
			c.ends[slot-from] = at
			b.before[slot] = 0
		}
		c.terms = make([]byte, at)
		b.bytes += c.size() - before
	}
	for t := range b.lists {
		for slot := range b.lists[t].each {
			c := b.chunks[slot/window]
			starts[slot] += uint32(binary.PutUvarint(c.terms[starts[slot]:], uint64(uint32(t)-b.before[slot])))
			b.before[slot] = uint32(t)
		}
	}
	return true
}
