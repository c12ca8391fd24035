package lexical

import (
	"encoding/binary"
	"math/bits"
)

// blockLen is the number of postings in a block.
const blockLen = 128

// A block is a view of blockLen postings of one term: the distance of each to the one
// before, in as few bytes as the greatest needs, and behind them how often the term occurs,
// in as few bits as the most need. All have the same size, so that reading them takes no
// decision for each.
//
//	block ──┬─ 128 × delta (1, 2 or 4 bytes) ─┬─ nothing, if all occur once
//	        │                                 └─ 128 × tf (4, 8 or 32 bits)
type block struct {
	deltas []byte
	tfs    []byte
	wide   uint8 // bytes of a delta
	bits   uint8 // of a tf
}

// tfBits is how many bits the tf of a block take.
func tfBits(most uint32) int {
	switch {
	case most <= 1:
		return 0
	case most < 1<<4:
		return 4
	case most < 1<<8:
		return 8
	}
	return 32
}

// deltaBytes is how many bytes the deltas of a block take.
func deltaBytes(most uint32) int {
	switch {
	case most < 1<<8:
		return 1
	case most < 1<<16:
		return 2
	}
	return 4
}

// packed is the block that data is, of postings with a tf of most at most.
func packed(data []byte, most uint32) block {
	tf := tfBits(most)
	deltas := len(data) - blockLen*tf/8
	return block{deltas: data[:deltas], tfs: data[deltas:], wide: uint8(deltas / blockLen), bits: uint8(tf)}
}

// pack appends a block of the postings that varints are. most is the greatest tf.
func pack(dst, varints []byte, most uint32) []byte {
	var deltas, tfs [blockLen]uint32
	all := uint32(0)
	for i, next := 0, 0; i < blockLen; i++ {
		deltas[i], tfs[i], next = decode(varints, next)
		all |= deltas[i]
	}
	switch deltaBytes(all) {
	case 1:
		for _, d := range deltas {
			dst = append(dst, byte(d))
		}
	case 2:
		for _, d := range deltas {
			dst = binary.LittleEndian.AppendUint16(dst, uint16(d))
		}
	default:
		for _, d := range deltas {
			dst = binary.LittleEndian.AppendUint32(dst, d)
		}
	}
	switch tfBits(most) {
	case 4:
		for i := 0; i < blockLen; i += 2 {
			dst = append(dst, byte(tfs[i]|tfs[i+1]<<4))
		}
	case 8:
		for _, tf := range tfs {
			dst = append(dst, byte(tf))
		}
	case 32:
		for _, tf := range tfs {
			dst = binary.LittleEndian.AppendUint32(dst, tf)
		}
	}
	return dst
}

// delta is the distance of the posting at i to the one before.
func (b *block) delta(i int) uint32 {
	switch b.wide {
	case 1:
		return uint32(b.deltas[i])
	case 2:
		return uint32(binary.LittleEndian.Uint16(b.deltas[2*i:]))
	}
	return binary.LittleEndian.Uint32(b.deltas[4*i:])
}

// tf is how often the term occurs in the document of the posting at i.
func (b *block) tf(i int) uint32 {
	switch b.bits {
	case 0:
		return 1
	case 4:
		return uint32(b.tfs[i/2]) >> (4 * (i & 1)) & 15
	case 8:
		return uint32(b.tfs[i])
	}
	return binary.LittleEndian.Uint32(b.tfs[4*i:])
}

// seek returns the first posting from at, which is that of slot, to that of want. There is
// one.
func (b *block) seek(at int, slot, want uint32) (int, uint32) {
	switch b.wide {
	case 1:
		for _, d := range b.deltas[at+1:] {
			slot += uint32(d)
			at++
			if slot >= want {
				break
			}
		}
	case 2:
		for slot < want {
			at++
			slot += uint32(binary.LittleEndian.Uint16(b.deltas[2*at:]))
		}
	default:
		for slot < want {
			at++
			slot += binary.LittleEndian.Uint32(b.deltas[4*at:])
		}
	}
	return at, slot
}

// A run is some postings of one term in a window: the documents, and how often the term
// occurs in each.
type run struct {
	n    int
	at   [blockLen]uint16 // slots of the window
	tfs  [blockLen]uint32 // unless once
	once bool             // in all of them
}

// read fills r with the postings from at, which is that of slot, to before hi. lo is the
// first slot of the window. It returns where it ended; blockLen and the last slot if that
// was with the block.
func (r *run) read(b *block, at int, slot, lo, hi uint32) (int, uint32) {
	from, n := at, 0
	switch b.wide {
	case 1:
		deltas := b.deltas[:blockLen]
		for slot < hi {
			r.at[n&(blockLen-1)] = uint16(slot - lo)
			n++
			if at++; at >= blockLen {
				break
			}
			slot += uint32(deltas[at])
		}
	case 2:
		deltas := b.deltas[:2*blockLen]
		for slot < hi {
			r.at[n&(blockLen-1)] = uint16(slot - lo)
			n++
			if at++; at >= blockLen {
				break
			}
			slot += uint32(binary.LittleEndian.Uint16(deltas[2*at:]))
		}
	default:
		for slot < hi {
			r.at[n&(blockLen-1)] = uint16(slot - lo)
			n++
			if at++; at >= blockLen {
				break
			}
			slot += b.delta(at)
		}
	}
	r.n, r.once = n, b.bits == 0
	switch b.bits {
	case 0:
	case 4:
		r.nibbles(b.tfs, from)
	case 8:
		for i, tf := range b.tfs[from : from+n] {
			r.tfs[i] = uint32(tf)
		}
	default:
		for i := range r.tfs[:n] {
			r.tfs[i] = b.tf(from + i)
		}
	}
	return at, slot
}

// nibbles fills tfs with those of 4 bits from the posting at from on.
func (r *run) nibbles(packed []byte, from int) {
	packed = packed[:blockLen/2]
	for i := range r.tfs[:r.n] {
		at := (from + i) & (blockLen - 1)
		r.tfs[i] = uint32(packed[at/2]) >> (4 * (at & 1)) & 15
	}
}

// varintLen is the number of bytes of a varint.
func varintLen(v uint32) uint32 { return uint32(max(1, (bits.Len32(v)+6)/7)) }
