package lexical

// A view is the index at one moment. Taking one copies nothing: chunks and postings
// only grow beyond what the view holds, and what is compacted or renumbered is
// rebuilt.
type view struct {
	chunks []*chunk
	next   uint32
	clock  uint32
	live   int
	length uint64
}

// view returns the current view. The caller holds the lock, at least for reading.
func (x *state) view() view {
	return view{x.chunks, x.next, x.clock, x.live, x.length}
}

// has reports whether the document at c[i] was in the index when the view was
// taken.
func (v *view) has(c *chunk, i uint32) bool {
	died := c.died[i].Load()
	return died == 0 || died > v.clock
}
