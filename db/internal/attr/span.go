package attr

// A span bounds the positions in a block of a dense column. Nodes that were written
// together often have new values, whose positions are near each other: a few blocks then
// hold all nodes with a value, and the others need not be looked at. A span is never
// narrowed but when the column is read or reshaped.
type span struct{ low, high uint32 } // high is 0: the block is empty

const blockSize = 1024 // nodes; a multiple of 64

// widen makes the block of a node hold p.
func (c *column) widen(node, p uint32) {
	if p == 0 {
		return
	}
	i := int(node / blockSize)
	for len(c.blocks) <= i {
		c.blocks = append(c.blocks, span{low: ^uint32(0)})
	}
	b := &c.blocks[i]
	b.low, b.high = min(b.low, p), max(b.high, p)
}

// span makes the spans of all blocks.
func (c *column) span() {
	c.blocks = make([]span, 0, len(c.dense)/blockSize+1)
	for node, p := range c.dense {
		c.widen(uint32(node), p)
	}
}
