package lexical

// A cursor points to a posting of one query term and moves to later ones. It owns
// nothing: its slices are those of the list when the view was taken, and the list
// only appends to them.
type cursor struct {
	key    uint64  // of the term
	weight float64 // of the term: its weight in the query × idf
	n      uint32  // postings of the term
	last   uint32  // slot of the last posting
	full   []byte
	skips  []skip
	tail   []byte
	open   extremes

	slot  uint32 // of the current posting
	block int    // that it is in, by number; len(skips) is the tail
	in    block  // the same, unless it is the tail
	at    int    // place of the posting in the block, or of the next one in the tail
	tf    uint32 // of the posting, in the tail
	done  bool   // there is no current posting any more

	bound float64 // upper bound of the score of a posting in the current window
	upTo  float64 // sum of the bounds of this and all weaker cursors
}

// newCursor returns a cursor at the first posting of a list. Only an index of a part of
// a collection has lists without any: see Counted.
func newCursor(l *list, weight float64) cursor {
	c := cursor{key: l.key, weight: weight, n: l.n, last: l.last, slot: l.last, tf: l.tf, done: l.n == 0}
	if b := l.body; b != nil {
		c.full, c.skips, c.tail, c.open = b.full, b.skips, b.tail, b.open
		c.enter(0, 0)
	} else {
		c.open = extremes{l.tf, 0}
	}
	return c
}

// enter moves to the first posting of a block, before which the slot of the last posting
// is before. There is one.
func (c *cursor) enter(n int, before uint32) {
	c.block, c.at = n, 0
	if n < len(c.skips) {
		c.in = blockOf(c.full, c.skips, n)
		c.slot = before + c.in.delta(0)
		return
	}
	var delta uint32
	delta, c.tf, c.at = decode(c.tail, 0)
	c.slot = before + delta
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
	if b != c.block {
		c.enter(b, c.skips[b-1].last)
	}
}

// seek moves to the first posting at or after slot. Without one, the cursor is
// done.
func (c *cursor) seek(slot uint32) {
	if c.done || c.slot >= slot {
		return
	}
	if c.skipTo(slot); c.done || c.slot >= slot {
		return
	}
	if c.block < len(c.skips) {
		c.at, c.slot = c.in.seek(c.at, c.slot, slot)
		return
	}
	data, at, tf, next := c.tail, c.slot, c.tf, c.at
	for at < slot { // ends at last
		var delta uint32
		if v := data[next]; v < 0x80 && v&1 != 0 { // a small delta, and tf 1
			delta, tf, next = uint32(v>>1), 1, next+1
		} else {
			delta, tf, next = decode(data, next)
		}
		at += delta
	}
	c.slot, c.tf, c.at = at, tf, next
}

// occurs is how often the term occurs in the document of the current posting.
func (c *cursor) occurs() uint32 {
	if c.block < len(c.skips) {
		return c.in.tf(c.at)
	}
	return c.tf
}

// read fills r with postings from the current one to before hi, of one block or the tail,
// and moves behind them. lo is the first slot of the window. The current posting is in it.
func (c *cursor) read(r *run, lo, hi uint32) {
	if c.block < len(c.skips) {
		c.at, c.slot = r.read(&c.in, c.at, c.slot, lo, hi)
		if c.at == blockLen {
			c.leave(c.slot)
		}
		return
	}
	r.once = false
	for r.n = 0; c.slot < hi; {
		r.at[r.n], r.tfs[r.n] = uint16(c.slot-lo), c.tf
		r.n++
		if c.slot == c.last {
			c.done = true
			return
		}
		var delta uint32
		delta, c.tf, c.at = decode(c.tail, c.at)
		c.slot += delta
	}
}

// leave moves behind the last posting of a block, which is that of slot.
func (c *cursor) leave(slot uint32) {
	if slot == c.last {
		c.done = true
		return
	}
	c.enter(c.block+1, slot)
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
