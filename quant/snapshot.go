package quant

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/fronyai/frony-db/internal/frame"
	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// A table of codes in a file is a stream of frames (package frame). All numbers
// are little-endian.
//
//	┌────────────┬─────────────┐
//	│ "FRONYCOD" │ version u32 │
//	└────────────┴─────────────┘
//	header
//	┌──────────┬──────────┬──────────────────────┐
//	│ dims u32 │ rows u32 │ rows per section u32 │
//	└──────────┴──────────┴──────────────────────┘
//	sections, as many as the rows need; the last may be shorter
//	┌──────────────────────┐
//	│ codes, at most 1 MiB │
//	└──────────────────────┘
//
// A table of full codes is "FRONYFUL" of version 1, with the same frames.
const (
	snapshotMagic   = "FRONYCOD"
	snapshotVersion = 2
	fullMagic       = "FRONYFUL"
	fullVersion     = 1
	headerSize      = 12
)

type header struct {
	dims, stride int
	rows         uint32
	shift        uint // log2 of the rows per section
}

func (h *header) encode() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, uint32(h.dims))
	b = le.AppendUint32(b, h.rows)
	return le.AppendUint32(b, 1<<h.shift)
}

func decodeHeader(b []byte, size func(dims int) int) (h header, err error) {
	if len(b) != headerSize {
		return h, fmt.Errorf("%w: a header of %d bytes, want %d", ErrCorrupt, len(b), headerSize)
	}
	le := binary.LittleEndian
	dims, perSection := le.Uint32(b), le.Uint32(b[8:])
	h.rows = le.Uint32(b[4:])
	if dims < 1 || dims > MaxDims {
		return h, fmt.Errorf("%w: %d dimensions", ErrCorrupt, dims)
	}
	h.dims, h.stride = int(dims), size(int(dims))
	if bits.OnesCount32(perSection) != 1 || uint64(perSection)*uint64(h.stride) > sectionBytes {
		return h, fmt.Errorf("%w: sections of %d rows", ErrCorrupt, perSection)
	}
	h.shift = uint(bits.TrailingZeros32(perSection))
	return h, nil
}

// sections returns the number of sections after the header.
func (h *header) sections() int { return int((uint64(h.rows) + 1<<h.shift - 1) >> h.shift) }

// sectionSize returns the size of section i in bytes.
func (h *header) sectionSize(i int) int {
	return int(min(uint64(h.rows)-uint64(i)<<h.shift, 1<<h.shift)) * h.stride
}

// WriteTo writes the table to w and returns the number of bytes written. It may
// run concurrently with Set: it writes the rows that the table had at the
// beginning, each of them whole, and blocks writers only while it copies a
// section.
func (c *Codes) WriteTo(w io.Writer) (int64, error) {
	h := header{dims: c.dims, stride: c.stride, rows: c.count.Load(), shift: c.shift}
	magic, version := snapshotMagic, uint32(snapshotVersion)
	if c.full {
		magic, version = fullMagic, fullVersion
	}
	out := frame.NewWriter(w, magic, version)
	out.Frame(h.encode())
	var buf []byte
	for i := range h.sections() {
		c.mu.Lock()
		buf = append(buf[:0], c.table.Load().Chunks[i][:h.sectionSize(i)]...)
		c.mu.Unlock()
		out.Frame(buf)
	}
	n, err := out.End()
	if err != nil {
		return n, fmt.Errorf("quant: write codes: %w", err)
	}
	return n, nil
}

// ReadCodes reads what WriteTo wrote of a table that is not of full codes, and no
// byte beyond it. The error wraps [ErrFormat] or [ErrCorrupt], or is that of r.
// Memory grows with what was read and found intact, whatever the header says.
func ReadCodes(r io.Reader) (*Codes, error) {
	return readCodes(r, snapshotMagic, snapshotVersion, codeSize)
}

// ReadFullCodes is [ReadCodes] for a table of full codes.
func ReadFullCodes(r io.Reader) (*Codes, error) {
	c, err := readCodes(r, fullMagic, fullVersion, fullSize)
	if err != nil {
		return nil, err
	}
	c.full = true
	return c, nil
}

func readCodes(r io.Reader, magic string, version uint32, codeSize func(dims int) int) (*Codes, error) {
	in, err := frame.NewReader(r, magic, version)
	if err != nil {
		return nil, damaged(err)
	}
	b, err := in.Next(nil, headerSize)
	if err != nil {
		return nil, damaged(err)
	}
	h, err := decodeHeader(b, codeSize)
	if err != nil {
		return nil, err
	}
	var chunks [][]byte
	for i := range h.sections() {
		size := h.sectionSize(i)
		chunk, err := in.Next(nil, int64(size))
		if err != nil {
			return nil, damaged(err)
		}
		if len(chunk) != size {
			return nil, fmt.Errorf("%w: section %d has %d bytes, want %d", ErrCorrupt, i, len(chunk), size)
		}
		chunks = append(chunks, chunk)
	}
	c := &Codes{dims: h.dims, stride: h.stride, shift: h.shift}
	c.table.Store(&kernel.Table{Chunks: chunks, Shift: h.shift, Stride: h.stride, Rows: h.rows})
	c.count.Store(h.rows)
	return c, nil
}

// damaged turns an error of the frames into one of this package.
func damaged(err error) error {
	switch {
	case errors.Is(err, frame.ErrFormat), errors.Is(err, frame.ErrVersion):
		return fmt.Errorf("%w: %w", ErrFormat, err)
	case errors.Is(err, frame.ErrCorrupt):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("quant: read: %w", err)
}
