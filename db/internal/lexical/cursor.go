package lexical

// A cursor walks the postings of one query term in the order of slots.
// It owns nothing: the slices are the list's as they were when the view was
// taken, and the list only appends behind them.
type cursor struct {
	weight float64 // what the term is worth: weight in the query × idf
	last   uint32  // slot of the term's last posting
	only   uint32  // tf of the only posting, where data is nil
	data   []byte
	skips  []skip
	open   reach

	block  int    // the block that the next posting is in
	i      int    // offset of the next posting in the data
	before uint32 // slot of the posting before it
	slot   uint32 // slot of the posting read last; it is not consumed yet
	tf     uint32
	read   bool // slot and tf hold a posting
	done   bool

	bound float64 // what a posting in the window at hand can score at most
	upTo  float64 // sum of the bounds of this and all weaker cursors
}

func newCursor(l *list, weight float64) cursor {
	c := cursor{weight: weight, last: l.last, only: l.tf}
	if b := l.body; b != nil {
		c.data, c.skips, c.open = b.data, b.skips, b.open
	}
	return c
}

// skipTo passes over whole blocks whose postings all lie before slot.
func (c *cursor) skipTo(slot uint32) {
	if c.read && c.slot >= slot {
		return
	}
	if c.last < slot {
		c.done, c.read = true, false
		return
	}
	moved := c.block
	for moved < len(c.skips) && c.skips[moved].last < slot {
		moved++
	}
	if moved > c.block {
		c.block = moved
		c.i = int(c.skips[moved-1].end)
		c.before = c.skips[moved-1].last
		c.read = false
	}
}

// least returns a lower bound of the next posting's slot.
func (c *cursor) least() uint32 {
	switch {
	case c.read:
		return c.slot
	case c.data == nil:
		return c.last
	case c.block > 0:
		return c.before + 1
	}
	return 0
}

// next reads a posting if none is at hand, and reports whether there is one.
func (c *cursor) next() bool {
	if c.read || c.done {
		return c.read
	}
	if c.data == nil {
		c.slot, c.tf, c.read = c.last, c.only, true
		return true
	}
	var delta uint32
	delta, c.tf, c.i = decode(c.data, c.i)
	c.slot = c.before + delta
	c.before = c.slot
	c.read = true
	if c.block < len(c.skips) && c.i == int(c.skips[c.block].end) {
		c.block++
	}
	return true
}

// consume lets go of the posting at hand.
func (c *cursor) consume() {
	c.read = false
	c.done = c.slot == c.last
}

// seek moves to the first posting at or after slot and reports whether there
// is one.
func (c *cursor) seek(slot uint32) bool {
	c.skipTo(slot)
	for !c.done && c.next() {
		if c.slot >= slot {
			return true
		}
		c.consume()
	}
	return false
}

// limit returns what the term can score at most in the slots [lo, hi), and 0
// if it doesn't occur there.
func (c *cursor) limit(lo, hi uint32, bm *scorer) float64 {
	if c.done {
		return 0
	}
	c.skipTo(lo)
	if c.done || c.least() >= hi {
		return 0
	}
	if c.data == nil {
		return c.weight // a single posting: not worth a closer look
	}
	best := 0.0
	i := c.block
	if c.read && i > 0 && c.skips[i-1].last == c.slot {
		i-- // the posting at hand closes the block before
	}
	for ; i < len(c.skips); i++ {
		if i > 0 && c.skips[i-1].last >= hi {
			return best * c.weight
		}
		best = max(best, bm.saturation(c.skips[i].maxTF, c.skips[i].minLen))
	}
	if c.open.maxTF > 0 && c.last >= lo {
		best = max(best, bm.saturation(c.open.maxTF, c.open.minLen))
	}
	return best * c.weight
}
