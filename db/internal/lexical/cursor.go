package lexical

// A cursor stands on a posting of one query term, and moves to later ones. It
// owns nothing: the slices are the list's as they were when the view was
// taken, and the list only appends behind them.
type cursor struct {
	weight float64 // what the term is worth: weight in the query × idf
	n      uint32  // postings of the term
	last   uint32  // slot of the last of them
	data   []byte
	skips  []skip
	open   reach

	slot, tf uint32 // the posting at hand
	next     int    // where the next one starts in data
	block    int    // no block before this one holds a posting still to come
	done     bool   // there is no posting at hand any more

	bound float64 // what a posting in the window at hand can score at most
	upTo  float64 // sum of the bounds of this and all weaker cursors
}

// newCursor stands on the first posting of the list, which has one.
func newCursor(l *list, weight float64) cursor {
	c := cursor{weight: weight, n: l.n, last: l.last, slot: l.last, tf: l.tf}
	if b := l.body; b != nil {
		c.data, c.skips, c.open = b.data, b.skips, b.open
		c.slot, c.tf, c.next = decode(c.data, 0)
	} else {
		c.open = reach{l.tf, 0}
	}
	return c
}

// skipTo passes over blocks that end before slot, and over the postings in
// them. The posting at hand may still lie before slot.
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

// seek moves to the first posting at or after slot; it is done if there is
// none.
func (c *cursor) seek(slot uint32) {
	if c.done || c.slot >= slot {
		return
	}
	if c.skipTo(slot); c.done {
		return
	}
	for c.slot < slot { // ends at last
		var delta uint32
		delta, c.tf, c.next = decode(c.data, c.next)
		c.slot += delta
	}
}

// limit returns what the term can score at most in the slots [lo, hi), and 0
// if it doesn't occur there. The cursor has been skipped to lo.
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
