package quant

import (
	"encoding/binary"
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

// codesMagic returns what the stream of a table of codes begins with.
func codesMagic(full bool) (magic string, version uint32) {
	if full {
		return fullMagic, fullVersion
	}
	return snapshotMagic, snapshotVersion
}

type header struct {
	dims int
	sections
}

func (h *header) encode() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, uint32(h.dims))
	b = le.AppendUint32(b, uint32(h.n))
	return le.AppendUint32(b, 1<<h.shift)
}

func decodeHeader(b []byte, full bool) (h header, err error) {
	if len(b) != headerSize {
		return h, fmt.Errorf("%w: a header of %d bytes, want %d", ErrCorrupt, len(b), headerSize)
	}
	le := binary.LittleEndian
	dims, perSection := le.Uint32(b), le.Uint32(b[8:])
	h.n = int64(le.Uint32(b[4:]))
	if dims < 1 || dims > MaxDims {
		return h, fmt.Errorf("%w: %d dimensions", ErrCorrupt, dims)
	}
	h.dims, h.stride = int(dims), rowSize(int(dims), full)
	if bits.OnesCount32(perSection) != 1 || uint64(perSection)*uint64(h.stride) > sectionBytes {
		return h, fmt.Errorf("%w: sections of %d rows", ErrCorrupt, perSection)
	}
	h.shift = uint(bits.TrailingZeros32(perSection))
	return h, nil
}

// WriteTo writes the table to w and returns the number of bytes written. It may
// run concurrently with Set: it writes the rows that the table had at the
// beginning, each of them whole, and blocks writers only while it copies a
// section.
func (c *Codes) WriteTo(w io.Writer) (int64, error) {
	h := header{c.dims, sections{int64(c.count.Load()), c.shift, c.stride}}
	magic, version := codesMagic(c.full)
	out := frame.NewWriter(w, magic, version)
	out.Frame(h.encode())
	var buf []byte
	for i := 0; h.size(i) > 0; i++ {
		c.mu.Lock()
		buf = append(buf[:0], c.table.Load().Chunks[i][:h.size(i)]...)
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
func ReadCodes(r io.Reader) (*Codes, error) { return readCodes(r, false) }

// ReadFullCodes is [ReadCodes] for a table of full codes.
func ReadFullCodes(r io.Reader) (*Codes, error) { return readCodes(r, true) }

func readCodes(r io.Reader, full bool) (*Codes, error) {
	magic, version := codesMagic(full)
	in, err := frame.NewReader(r, magic, version)
	if err != nil {
		return nil, damaged(err)
	}
	b, err := in.Next(nil, headerSize)
	if err != nil {
		return nil, damaged(err)
	}
	h, err := decodeHeader(b, full)
	if err != nil {
		return nil, err
	}
	chunks, err := h.read(in)
	if err != nil {
		return nil, err
	}
	c := &Codes{dims: h.dims, stride: h.stride, full: full, shift: h.shift}
	c.table.Store(&kernel.Table{Chunks: chunks, Shift: h.shift, Stride: h.stride, Rows: uint32(h.n)})
	c.count.Store(uint32(h.n))
	return c, nil
}
