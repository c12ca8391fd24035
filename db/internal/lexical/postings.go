package lexical

import (
	"encoding/binary"
	"iter"
	"sort"
)

// A list holds the postings of one term: the documents by ascending slot, and how
// often the term occurs in each. They are in blocks, and those after the last full
// block in its tail:
//
//	posting ──┬─ tf = 1 ── varint(delta<<1 | 1)
//	          └─ tf > 1 ── varint(delta<<1) varint(tf)
//
// delta is the distance to the previous slot, also across blocks. More than half
// of all terms occur in only one document, so a single posting needs no body.
type list struct {
	key  uint64 // of the term
	df   uint32 // live documents among the postings
	n    uint32 // postings, including those of removed documents
	last uint32 // slot of the last posting
	tf   uint32 // of the only posting, if body is nil
	body *body
}

type body struct {
	full  []byte   // blocks
	skips []skip   // one for each of them
	tail  []byte   // the postings after them
	open  extremes // of the tail
}

// A skip describes a block of blockLen postings.
type skip struct {
	last uint32 // slot of the block's last posting
	end  uint32 // offset of the block's end
	extremes
}

// extremes of a block bound the score of its postings, whatever the average length
// of documents becomes: BM25 rises with tf and falls with length.
type extremes struct {
	maxTF, minLen uint32
}

func (e *extremes) add(tf, length uint32) {
	e.maxTF = max(e.maxTF, tf)
	e.minLen = min(e.minLen, length)
}

// none are the extremes of no postings.
var none = extremes{minLen: ^uint32(0)}

// append appends a posting and returns by how many bytes the list has grown. The
// list does not store the length of its first document, so it asks lengthOf.
func (l *list) append(slot, tf, length uint32, lengthOf func(slot uint32) uint32) (grown int) {
	l.df++
	l.n++
	if l.n == 1 {
		l.last, l.tf = slot, tf
		return 0
	}
	if l.body == nil {
		l.body = &body{open: none}
		grown += bodySize + l.body.append(l.last, l.tf)
		l.body.open.add(l.tf, lengthOf(l.last))
	}
	grown += l.body.append(slot-l.last, tf)
	l.body.open.add(tf, length)
	l.last = slot
	if l.n%blockLen == 0 {
		before := cap(l.body.tail)
		grown += l.body.close(slot)
		l.body.tail = nil // views share the old one
		grown -= before
	}
	return grown
}

// close packs the tail into a block whose last posting is that of slot, and returns by how
// many bytes the other buffers have grown.
func (b *body) close(slot uint32) (grown int) {
	skips, full := cap(b.skips), cap(b.full)
	if len(b.full)+blockLen*8 > cap(b.full) { // whatever it takes
		var buf [blockLen * 8]byte
		block := pack(buf[:0], b.tail, b.open.maxTF)
		b.full = append(roomFor(b.full, len(block)), block...)
	} else {
		b.full = pack(b.full, b.tail, b.open.maxTF)
	}
	b.skips = append(b.skips, skip{slot, uint32(len(b.full)), b.open})
	b.open = none
	return (cap(b.skips)-skips)*skipSize + cap(b.full) - full
}

// append encodes one posting and returns by how many bytes the buffer has grown.
func (b *body) append(delta, tf uint32) (grown int) {
	var buf [2 * binary.MaxVarintLen64]byte
	v := buf[:0]
	if tf == 1 {
		v = binary.AppendUvarint(v, uint64(delta)<<1|1)
	} else {
		v = binary.AppendUvarint(v, uint64(delta)<<1)
		v = binary.AppendUvarint(v, uint64(tf))
	}
	before := cap(b.tail)
	b.tail = append(roomFor(b.tail, len(v)), v...)
	return cap(b.tail) - before
}

// roomFor returns a buffer with room for n more bytes. Buffers grow by only an eighth,
// because there are very many of them.
func roomFor(b []byte, n int) []byte {
	need := len(b) + n
	if need <= cap(b) {
		return b
	}
	grown := make([]byte, len(b), roundUp(need+need/8))
	copy(grown, b)
	return grown
}

// roundUp rounds to a size that the allocator has.
func roundUp(n int) int {
	switch {
	case n <= 8:
		return 8
	case n <= 128:
		return (n + 15) &^ 15
	}
	return (n + 63) &^ 63
}

// size returns the memory of the list, without its entry in the term table.
func (l *list) size() int {
	if l.body == nil {
		return 0
	}
	return bodySize + cap(l.body.full) + cap(l.body.tail) + cap(l.body.skips)*skipSize
}

const (
	listSize = 32
	bodySize = 80
	skipSize = 16
)

// decode reads the posting at data[i:]. The buffer is well formed: Read checks it
// before it becomes part of an index.
func decode(data []byte, i int) (delta, tf uint32, next int) {
	v := uint64(data[i])
	i++
	if v >= 0x80 {
		v &= 0x7f
		for shift := 7; ; shift += 7 {
			c := data[i]
			i++
			v |= uint64(c&0x7f) << shift
			if c < 0x80 {
				break
			}
		}
	}
	if v&1 != 0 {
		return uint32(v >> 1), 1, i
	}
	tf64 := uint64(0)
	for shift := 0; ; shift += 7 {
		c := data[i]
		i++
		tf64 |= uint64(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return uint32(v >> 1), uint32(tf64), i
}

// each yields every posting, of live and of removed documents.
func (l *list) each(yield func(slot, tf uint32) bool) { l.from(0)(yield) }

// from is each for the postings from slot lo on. It skips whole blocks before lo.
func (l *list) from(lo uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(slot, tf uint32) bool) {
		if l.body == nil {
			if l.n > 0 && l.last >= lo {
				yield(l.last, l.tf)
			}
			return
		}
		k := sort.Search(len(l.body.skips), func(k int) bool { return l.body.skips[k].last >= lo })
		l.body.from(k, func(slot, tf uint32) bool { return slot < lo || yield(slot, tf) })
	}
}

// block is the k-th of the full blocks.
func (b *body) block(k int) block { return blockOf(b.full, b.skips, k) }

func blockOf(full []byte, skips []skip, k int) block {
	start := uint32(0)
	if k > 0 {
		start = skips[k-1].end
	}
	return packed(full[start:skips[k].end], skips[k].maxTF)
}

// from yields the postings from the k-th block on.
func (b *body) from(k int, yield func(slot, tf uint32) bool) {
	slot := uint32(0)
	if k > 0 {
		slot = b.skips[k-1].last
	}
	for ; k < len(b.skips); k++ {
		block := b.block(k)
		for i := range blockLen {
			slot += block.delta(i)
			if !yield(slot, block.tf(i)) {
				return
			}
		}
	}
	for i := 0; i < len(b.tail); {
		var delta, tf uint32
		delta, tf, i = decode(b.tail, i)
		slot += delta
		if !yield(slot, tf) {
			return
		}
	}
}
