package quant

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fronyai/frony-db/internal/frame"
	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// A table of sketches in a file is a stream of frames (package frame). All numbers
// are little-endian.
//
//	┌────────────┬─────────────┐
//	│ "FRONYSKT" │ version u32 │
//	└────────────┴─────────────┘
//	header
//	┌──────────┬──────────┬──────────┐
//	│ dims u32 │ bits u32 │ rows u32 │
//	└──────────┴──────────┴──────────┘
//	center: dims float32s, or nothing
//	┌──────────┐
//	│ floats   │
//	└──────────┘
//	sections: as many blocks each as there is room for, a power of two of them;
//	the last may be shorter
//	┌────────────────────────┐
//	│ blocks, at most 1 MiB  │
//	└────────────────────────┘
const (
	sketchMagic   = "FRONYSKT"
	sketchVersion = 1
)

// sections returns those of a table of rows rows.
func (s *Sketches) sections(rows uint32) sections {
	return sections{(int64(rows) + SketchRows - 1) / SketchRows, s.shift, s.stride}
}

// WriteTo writes the table to w and returns the number of bytes written. It may run
// concurrently with Set: it writes the rows that the table had at the beginning,
// each of them whole, and blocks writers only while it copies a section.
func (s *Sketches) WriteTo(w io.Writer) (int64, error) {
	rows := s.count.Load()
	le := binary.LittleEndian
	header := le.AppendUint32(nil, uint32(s.dims))
	header = le.AppendUint32(header, uint32(s.planes))
	header = le.AppendUint32(header, rows)
	out := frame.NewWriter(w, sketchMagic, sketchVersion)
	out.Frame(header)
	out.Frame(Bytes(s.center))
	var buf []byte
	parts := s.sections(rows)
	for i := 0; parts.size(i) > 0; i++ {
		s.mu.Lock()
		buf = append(buf[:0], (*s.chunks.Load())[i][:parts.size(i)]...)
		s.mu.Unlock()
		if parts.size(i+1) == 0 && rows%SketchRows > 0 {
			s.clearRows(buf[len(buf)-s.stride:], int(rows%SketchRows)) // they were set meanwhile
		}
		out.Frame(buf)
	}
	n, err := out.End()
	if err != nil {
		return n, fmt.Errorf("quant: write sketches: %w", err)
	}
	return n, nil
}

// clearRows clears the rows of a block from r on.
func (s *Sketches) clearRows(block []byte, r int) {
	words := s.groups * s.planes * SketchRows
	clear(block[words+4*r : words+4*SketchRows])
	clear(block[words+4*(SketchRows+r):])
	for ; r < SketchRows; r++ {
		for at := kernel.SketchPosition(r); at < words; at += SketchRows {
			block[at] = 0
		}
	}
}

// ReadSketches reads what [Sketches.WriteTo] wrote, and no byte beyond it. The
// error wraps [ErrFormat] or [ErrCorrupt], or is that of r. Memory grows with what
// was read and found intact, whatever the header says.
func ReadSketches(r io.Reader) (*Sketches, error) {
	in, err := frame.NewReader(r, sketchMagic, sketchVersion)
	if err != nil {
		return nil, damaged(err)
	}
	header, err := in.Next(nil, headerSize)
	if err != nil {
		return nil, damaged(err)
	}
	if len(header) != headerSize {
		return nil, fmt.Errorf("%w: a header of %d bytes, want %d", ErrCorrupt, len(header), headerSize)
	}
	le := binary.LittleEndian
	rows := le.Uint32(header[8:])
	floats, err := in.Next(nil, 4*MaxDims)
	if err != nil {
		return nil, damaged(err)
	}
	if len(floats)%4 != 0 {
		return nil, fmt.Errorf("%w: a center of %d bytes", ErrCorrupt, len(floats))
	}
	s, err := NewSketches(int(le.Uint32(header)), int(le.Uint32(header[4:])), AppendFloats(nil, floats))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	chunks, err := s.sections(rows).read(in)
	if err != nil {
		return nil, err
	}
	s.chunks.Store(&chunks)
	s.count.Store(rows)
	return s, nil
}
