package lexical

import (
	"errors"
	"fmt"
	"io"

	"github.com/fronyai/frony-db/internal/frame"
)

// A snapshot is a stream of frames (package frame) with these values:
//
//	magic "fronylex" | version u32
//	documents: count | count × ( node, length )
//	terms:     count | count × ( key u64, df | df × posting )
//
// Documents are in the order of their slots, which are renumbered from 0. A
// posting is encoded as in the tail of a list. Numbers are uvarints unless their size is
// given. The forward index is rebuilt from the postings, so that the two cannot
// contradict each other.
const (
	snapshotMagic = "fronylex"

	// snapshotVersion changes with the layout, and with every change of the
	// analysis that gives a text other terms.
	snapshotVersion = 7 // 7: middle dots; 6: endings of questions; 5: sounds; 4: titles, tags, and no link targets; 3: invisible characters
)

// WriteTo writes a snapshot of the index as of the call, and returns the number
// of bytes written. The index may change meanwhile.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	x.mu.RLock()
	f := x.freeze()
	x.mu.RUnlock()
	s := newEncoder(w, snapshotVersion)
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
	n, err := s.end()
	if err != nil {
		return n, fmt.Errorf("lexical: write snapshot: %w", err)
	}
	return n, nil
}

// Read returns the index that WriteTo wrote to r, and reads no byte beyond it. The
// error wraps ErrCorrupt or ErrVersion, or is that of r. Memory stays in
// proportion to the bytes read, whatever they say.
func Read(r io.Reader) (*Index, error) {
	frames, err := frame.NewReader(r, snapshotMagic, snapshotVersion)
	if err != nil {
		return nil, damaged(err)
	}
	b, err := read(&decoder{frames: frames})
	if err != nil {
		return nil, err
	}
	x := New()
	x.state = b.state
	return x, nil
}

// damaged turns an error of the frames into one of this package.
func damaged(err error) error {
	switch {
	case errors.Is(err, frame.ErrVersion):
		return fmt.Errorf("%w: %w", ErrVersion, err)
	case errors.Is(err, frame.ErrFormat), errors.Is(err, frame.ErrCorrupt):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("lexical: read snapshot: %w", err)
}

func read(s *decoder) (*builder, error) {
	b := new(builder)
	docs := s.uvarint(uint64(maxSlot))
	for range docs {
		d := document{uint32(s.uvarint(1<<32 - 1)), uint32(s.uvarint(1<<32 - 1))}
		if s.err != nil {
			return nil, s.err
		}
		if !b.document(d) {
			return nil, fmt.Errorf("%w: node %d occurs twice", ErrCorrupt, d.node)
		}
	}
	for range s.uvarint(1<<32 - 1) {
		key := s.uint64()
		df := s.uvarint(docs)
		if s.err != nil {
			return nil, s.err
		}
		if df == 0 || !b.start(key) {
			return nil, fmt.Errorf("%w: term %x is empty or occurs twice", ErrCorrupt, key)
		}
		if err := readPostings(s, b, df, docs); err != nil {
			return nil, err
		}
	}
	if s.end(); s.err != nil {
		return nil, s.err
	}
	if !b.finish() {
		return nil, fmt.Errorf("%w: a document is longer than its terms add up to", ErrCorrupt)
	}
	return b, nil
}

func readPostings(s *decoder, b *builder, df, docs uint64) error {
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
