package lexical

import (
	"bufio"
	"fmt"
	"io"
)

// The snapshot is a stream of checked sections (see section.go) that holds
//
//	magic "frony-lexical\n" | version u32
//	documents: count | count × ( node, length )
//	terms:     count | count × ( key u64, df | df × posting )
//
// Documents stand in the order of slots and take the slots from 0; a posting
// is coded as in memory. Numbers are uvarints unless they say otherwise, fixed
// ones are little-endian. The forward index is made of the postings again, so
// that the two cannot contradict each other.
const (
	snapshotMagic = "frony-lexical\n"

	// snapshotVersion grows with the layout, and with every change of the
	// analysis that gives a text other terms.
	snapshotVersion = 1
)

// WriteTo writes a snapshot of the index, as it is at the time of the call;
// additions and removals may go on meanwhile. It returns the number of bytes
// written.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	x.mu.RLock()
	f := x.freeze()
	x.mu.RUnlock()
	s := newSectionWriter(w)
	s.bytes([]byte(snapshotMagic))
	s.uint32(snapshotVersion)
	s.cut()
	s.uvarint(uint64(f.live))
	for _, d := range f.documents {
		s.uvarint(uint64(d.node))
		s.uvarint(uint64(d.length))
	}
	numbers := f.renumbering()
	s.uvarint(uint64(len(f.terms)))
	for i := range f.terms {
		t := &f.terms[i]
		s.uint64(t.key)
		s.uvarint(uint64(t.df))
		before := uint32(0)
		for slot, tf := range t.each {
			n := numbers[slot]
			if n == gone {
				continue
			}
			if tf == 1 {
				s.uvarint(uint64(n-before)<<1 | 1)
			} else {
				s.uvarint(uint64(n-before) << 1)
				s.uvarint(uint64(tf))
			}
			before = n
		}
	}
	n, err := s.close()
	if err != nil {
		return n, fmt.Errorf("lexical: write snapshot: %w", err)
	}
	return n, nil
}

// Read returns the index that WriteTo has written to r. The error wraps
// ErrCorrupt or ErrVersion where the snapshot is at fault; the memory used
// stays in proportion to the bytes read, whatever they are.
func Read(r io.Reader, opts *Options) (*Index, error) {
	s := &sectionReader{r: bufio.NewReaderSize(r, 64<<10)}
	b, err := read(s)
	if err != nil {
		return nil, fmt.Errorf("lexical: read snapshot: section %d: %w", s.count, err)
	}
	x := New(opts)
	x.state = b.state
	return x, nil
}

func read(s *sectionReader) (*builder, error) {
	if magic := s.bytes(len(snapshotMagic)); s.err == nil && string(magic) != snapshotMagic {
		return nil, fmt.Errorf("%w: no index begins with %q", ErrCorrupt, magic)
	}
	if v := s.uint32(); s.err == nil && v != snapshotVersion {
		return nil, fmt.Errorf("%w: %d, this is %d", ErrVersion, v, snapshotVersion)
	}
	b := new(builder)
	docs := s.uvarint(uint64(maxSlot))
	for range docs {
		d := document{uint32(s.uvarint(1<<32 - 1)), uint32(s.uvarint(1<<32 - 1))}
		if s.err != nil {
			return nil, s.err
		}
		if !b.document(d) {
			return nil, fmt.Errorf("%w: node %d twice", ErrCorrupt, d.node)
		}
	}
	for range s.uvarint(1<<32 - 1) {
		key := s.uint64()
		df := s.uvarint(docs)
		if s.err != nil {
			return nil, s.err
		}
		if df == 0 || !b.start(key) {
			return nil, fmt.Errorf("%w: term %x is empty or there twice", ErrCorrupt, key)
		}
		if err := readPostings(s, b, df, docs); err != nil {
			return nil, err
		}
	}
	if s.end(); s.err != nil {
		return nil, s.err
	}
	if !b.finish() {
		return nil, fmt.Errorf("%w: documents are longer than their terms", ErrCorrupt)
	}
	return b, nil
}

func readPostings(s *sectionReader, b *builder, df, docs uint64) error {
	slot := uint64(0)
	for i := range df {
		v := s.uvarint(docs<<1 | 1)
		tf := uint64(1)
		if v&1 == 0 {
			tf = s.uvarint(1<<32 - 1)
		}
		if s.err != nil {
			return s.err
		}
		delta := v >> 1
		slot += delta
		if i > 0 && delta == 0 || slot >= docs || tf == 0 || !b.posting(uint32(slot), uint32(tf)) {
			return fmt.Errorf("%w: posting of slot %d with tf %d", ErrCorrupt, slot, tf)
		}
	}
	return nil
}
