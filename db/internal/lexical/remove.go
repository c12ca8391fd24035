package lexical

import "slices"

// Remove removes a document from the index, if it is there. Searches that start
// after Remove returns neither find it nor count it in their statistics. Its
// postings are removed from a list when a quarter of the list is dead.
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

// unlink removes one document from a term. Postings stay until there are enough
// dead ones.
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
		compacted := list{key: l.key}
		for slot, tf := range l.each {
			if c := x.chunks[slot/window]; c != nil && c.died[slot%window].Load() == 0 {
				compacted.append(slot, tf, c.lengths[slot%window], x.lengthOf)
			}
		}
		*l = compacted
		x.bytes += l.size()
	}
}
