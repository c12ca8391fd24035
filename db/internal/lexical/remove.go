package lexical

import "slices"

// Remove takes the document out of the index, if it is there. No search that
// starts after Remove returns finds it, or counts it in its statistics. Its
// postings are swept out of a list when a quarter of the list is dead.
func (x *Index) Remove(node uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(node)
}

func (x *state) remove(node uint32) {
	slot, ok := x.nodes.get(node)
	if !ok {
		return
	}
	c, i := x.chunks[slot/window], slot%window
	x.bytes -= x.nodes.clear(node)
	x.clock++
	x.live--
	x.length -= uint64(c.lengths[i])
	terms := c.termsOf(x.scratch[:0], i)
	x.scratch = terms
	before := c.size()
	c.remove(i, x.clock)
	x.bytes += c.size() - before
	if c.live == 0 && c.used == window {
		x.bytes -= c.size()
		x.chunks = slices.Clone(x.chunks) // views share the old one
		x.chunks[slot/window] = nil
	}
	for _, t := range terms {
		x.unlink(t)
	}
}

// unlink takes one document off a term: the postings stay until they are
// worth sweeping.
func (x *state) unlink(term uint32) {
	l := &x.lists[term]
	l.df--
	switch dead := l.n - l.df; {
	case l.df == 0:
		x.bytes -= l.size()
		delete(x.ids, l.key)
		*l = list{}
		x.free = append(x.free, term)
	case dead >= 16 && dead > l.n/4:
		x.bytes -= l.size()
		swept := list{key: l.key}
		for slot, tf := range l.each {
			if c := x.chunks[slot/window]; c != nil && c.died[slot%window].Load() == 0 {
				swept.append(slot, tf, c.lengths[slot%window], x.lengthOf)
			}
		}
		*l = swept
		x.bytes += l.size()
	}
}
