package lexical

import (
	"encoding/binary"
	"iter"
	"sort"
)

// blockLen is the number of postings in a block.
const blockLen = 128

// A list holds the postings of one term: the documents by ascending slot, and how
// often the term occurs in each.
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
	data  []byte
	skips []skip   // one for each full block
	open  extremes // of the postings after the last full block
}

// A skip describes a block of blockLen postings.
type skip struct {
	last uint32 // slot of the block's last posting
	end  uint32 // offset of the block's end in data
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
		grown += l.body.close(slot)
	}
	return grown
}

// close ends a block whose last posting is that of slot.
func (b *body) close(slot uint32) (grown int) {
	before := cap(b.skips)
	b.skips = append(b.skips, skip{slot, uint32(len(b.data)), b.open})
	b.open = none
	return (cap(b.skips) - before) * skipSize
}

// append encodes one posting and returns by how many bytes the buffer has grown.
// Buffers grow by only an eighth, because there are very many of them.
func (b *body) append(delta, tf uint32) (grown int) {
	var buf [2 * binary.MaxVarintLen64]byte
	v := buf[:0]
	if tf == 1 {
		v = binary.AppendUvarint(v, uint64(delta)<<1|1)
	} else {
		v = binary.AppendUvarint(v, uint64(delta)<<1)
		v = binary.AppendUvarint(v, uint64(tf))
	}
	if need := len(b.data) + len(v); need > cap(b.data) {
		data := make([]byte, len(b.data), roundUp(need+need/8))
		copy(data, b.data)
		grown = cap(data) - cap(b.data)
		b.data = data
	}
	b.data = append(b.data, v...)
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
	return bodySize + cap(l.body.data) + cap(l.body.skips)*skipSize
}

const (
	listSize = 32
	bodySize = 64
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
func (l *list) each(yield func(slot, tf uint32) bool) {
	if l.body == nil {
		if l.n > 0 {
			yield(l.last, l.tf)
		}
		return
	}
	eachPosting(l.body.data, yield)
}

// from is each for the postings from slot lo on. It skips whole blocks before lo.
func (l *list) from(lo uint32) iter.Seq2[uint32, uint32] {
	return func(yield func(slot, tf uint32) bool) {
		if l.body == nil {
			if l.n > 0 && l.last >= lo {
				yield(l.last, l.tf)
			}
			return
		}
		slot, at := uint32(0), uint32(0)
		if k := sort.Search(len(l.body.skips), func(k int) bool { return l.body.skips[k].last >= lo }); k > 0 {
			slot, at = l.body.skips[k-1].last, l.body.skips[k-1].end
		}
		postings(l.body.data[at:], slot, func(slot, tf uint32) bool { return slot < lo || yield(slot, tf) })
	}
}

func eachPosting(data []byte, yield func(slot, tf uint32) bool) { postings(data, 0, yield) }

// postings yields the postings in data, which follow slot.
func postings(data []byte, slot uint32, yield func(slot, tf uint32) bool) {
	for i := 0; i < len(data); {
		var delta, tf uint32
		delta, tf, i = decode(data, i)
		slot += delta
		if !yield(slot, tf) {
			return
		}
	}
}
