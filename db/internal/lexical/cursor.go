package lexical

// A cursor points to a posting of one query term and moves to later ones. It owns
// nothing: its slices are those of the list when the view was taken, and the list
// only appends to them.
type cursor struct {
	key    uint64  // of the term
	weight float64 // of the term: its weight in the query × idf
	n      uint32  // postings of the term
	last   uint32  // slot of the last posting
	data   []byte
	skips  []skip
	open   extremes

	slot, tf uint32 // the current posting
	next     int    // offset of the next posting in data
	block    int    // the first block that may hold a later posting
	done     bool   // there is no current posting any more

	bound float64 // upper bound of the score of a posting in the current window
	upTo  float64 // sum of the bounds of this and all weaker cursors
}

// newCursor returns a cursor at the first posting of a list. Only an index of a part of
// a collection has lists without any: see Counted.
func newCursor(l *list, weight float64) cursor {
	c := cursor{key: l.key, weight: weight, n: l.n, last: l.last, slot: l.last, tf: l.tf, done: l.n == 0}
	if b := l.body; b != nil {
		c.data, c.skips, c.open = b.data, b.skips, b.open
		c.slot, c.tf, c.next = decode(c.data, 0)
	} else {
		c.open = extremes{l.tf, 0}
	}
	return c
}

// skipTo skips the blocks that end before slot. The current posting may still be
// before slot.
func (c *cursor) skipTo(slot uint32) {
	if c.last < slot {
		c.done = true
		return
	}
	b := c.block
	for b < len(c.skips) && c.skips[b].last < slot {
		b++
	}
	if b == c.block {
		return
	}
	c.block = b
	if s := &c.skips[b-1]; c.slot <= s.last {
		var delta uint32
		delta, c.tf, c.next = decode(c.data, int(s.end))
		c.slot = s.last + delta
	}
}

// seek moves to the first posting at or after slot. Without one, the cursor is
// done.
func (c *cursor) seek(slot uint32) {
	if c.done || c.slot >= slot {
		return
	}
	if c.skipTo(slot); c.done {
		return
	}
	data, at, tf, next := c.data, c.slot, c.tf, c.next
	for at < slot { // ends at last
		var delta uint32
		if v := data[next]; v < 0x80 && v&1 != 0 { // as most are: see scoreAll
			delta, tf, next = uint32(v>>1), 1, next+1
		} else {
			delta, tf, next = decode(data, next)
		}
		at += delta
	}
	c.slot, c.tf, c.next = at, tf, next
}

// limit returns an upper bound of the term's score in the slots [lo, hi), and 0 if
// the term does not occur there. The cursor has been skipped to lo.
func (c *cursor) limit(lo, hi uint32, bm *scorer) float64 {
	if c.done || c.slot >= hi {
		return 0
	}
	best := 0.0
	for b := c.block; b < len(c.skips); b++ {
		best = max(best, bm.saturation(c.skips[b].maxTF, c.skips[b].minLen))
		if c.skips[b].last >= hi {
			return best * c.weight
		}
	}
	if c.open.maxTF > 0 {
		best = max(best, bm.saturation(c.open.maxTF, c.open.minLen))
	}
	return best * c.weight
}
