package lexical

// A frozen index is a view with all postings. A snapshot is written from it, while
// the index continues to change.
type frozen struct {
	view
	terms []list
}

// freeze copies the heads of all lists; the caller holds the lock.
func (x *Index) freeze() *frozen {
	bodies := 0
	for i := range x.lists {
		if x.lists[i].body != nil {
			bodies++
		}
	}
	held := make([]body, 0, bodies)
	f := &frozen{view: x.view(), terms: make([]list, 0, len(x.ids))}
	for _, l := range x.lists {
		if l.df == 0 {
			continue
		}
		if l.body != nil {
			held = append(held, *l.body)
			l.body = &held[len(held)-1]
		}
		f.terms = append(f.terms, l)
	}
	return f
}

// A document is what the index stores of one, besides its terms.
type document struct {
	node, length uint32
}

// documents yields the documents of the view by slot.
func (f *frozen) documents(yield func(slot uint32, d document) bool) {
	for slot := uint32(0); slot < f.next; slot++ {
		c, i := f.chunks[slot/window], slot%window
		if c == nil {
			slot |= window - 1
			continue
		}
		if f.has(c, i) && !yield(slot, document{c.nodes[i], c.lengths[i]}) {
			return
		}
	}
}

// gone marks a slot without a document in a renumbering.
const gone = ^uint32(0)

// renumbering returns the new number of each slot. Live documents are numbered
// without gaps.
func (f *frozen) renumbering() []uint32 {
	numbers := make([]uint32, f.next)
	for i := range numbers {
		numbers[i] = gone
	}
	n := uint32(0)
	for slot := range f.documents {
		numbers[slot] = n
		n++
	}
	return numbers
}

// renumber rebuilds the index with slots from 0, before the slots or the clock
// overflow after four billion changes.
func (x *Index) renumber() {
	f := x.freeze()
	numbers := f.renumbering()
	var b builder
	for _, d := range f.documents {
		b.document(d)
	}
	for i := range f.terms {
		b.start(f.terms[i].key)
		for slot, tf := range f.terms[i].each {
			if n := numbers[slot]; n != gone {
				b.posting(n, tf)
			}
		}
	}
	b.finish()
	x.state = b.state
}
