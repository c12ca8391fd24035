package quant

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// A table of codes in a file, all numbers little-endian:
//
//	header, 64 bytes
//	┌──────────────┬─────────┬──────┬──────┬──────────────────┬───────┬─────────┐
//	│ "FRONYCOD" 8 │ version │ dims │ rows │ rows per section │ zeros │ CRC32C  │
//	└──────────────┴─────────┴──────┴──────┴──────────────────┴───────┴─────────┘
//	0              8         12     16     20                 24      60
//
//	sections, as many as rows need, the last one maybe shorter
//	┌─────────────────────────────────────┬────────┬───────┐
//	│ codes, at most 1 MiB                │ CRC32C │ zeros │
//	└─────────────────────────────────────┴────────┴───────┘
//	                                      0        4      64
//
// A section's checksum covers its codes, its number and the header's checksum,
// so that neither a swapped section nor one of another file passes. Everything
// begins at a multiple of 32 bytes, so that the codes can be used where they lie
// in a mapping.
const (
	magic         = "FRONYCOD"
	formatVersion = 1
	headerBytes   = 64
	trailerBytes  = 64
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type header struct {
	dims, stride int
	rows         uint32
	shift        uint // log2 of the rows per section
	crc          uint32
}

func (c *Codes) header() header {
	return header{dims: c.dims, stride: c.stride, rows: c.count.Load(), shift: c.shift}
}

// append adds the header's bytes to b and remembers their checksum.
func (h *header) append(b []byte) []byte {
	le, at := binary.LittleEndian, len(b)
	b = append(b, magic...)
	b = le.AppendUint32(b, formatVersion)
	b = le.AppendUint32(b, uint32(h.dims))
	b = le.AppendUint32(b, h.rows)
	b = le.AppendUint32(b, 1<<h.shift)
	b = append(b, make([]byte, headerBytes-4-len(b)+at)...)
	h.crc = crc32.Checksum(b[at:], castagnoli)
	return le.AppendUint32(b, h.crc)
}

func parseHeader(b []byte) (h header, err error) {
	le := binary.LittleEndian
	if string(b[:len(magic)]) != magic {
		return h, fmt.Errorf("%w: it begins with %q", ErrFormat, b[:len(magic)])
	}
	h.crc = le.Uint32(b[headerBytes-4:])
	if h.crc != crc32.Checksum(b[:headerBytes-4], castagnoli) {
		return h, fmt.Errorf("%w: checksum of the header", ErrCorrupt)
	}
	if v := le.Uint32(b[8:]); v != formatVersion {
		return h, fmt.Errorf("%w: version %d, want %d", ErrFormat, v, formatVersion)
	}
	dims, perSection := le.Uint32(b[12:]), le.Uint32(b[20:])
	h.rows = le.Uint32(b[16:])
	if dims < 1 || dims > MaxDims {
		return h, fmt.Errorf("%w: %d dimensions", ErrCorrupt, dims)
	}
	h.dims, h.stride = int(dims), codeSize(int(dims))
	if bits.OnesCount32(perSection) != 1 || uint64(perSection)*uint64(h.stride) > sectionBytes {
		return h, fmt.Errorf("%w: sections of %d rows", ErrCorrupt, perSection)
	}
	h.shift = uint(bits.TrailingZeros32(perSection))
	return h, nil
}

// sections returns how many sections follow the header.
func (h *header) sections() int { return int((uint64(h.rows) + 1<<h.shift - 1) >> h.shift) }

// sectionLen returns the bytes of the codes of section i.
func (h *header) sectionLen(i int) int {
	return int(min(uint64(h.rows)-uint64(i)<<h.shift, 1<<h.shift)) * h.stride
}

// checksum returns what the trailer of section i says.
func (h *header) checksum(i int, codes []byte) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint32(b[:], uint32(i))
	binary.LittleEndian.PutUint32(b[4:], h.crc)
	return crc32.Update(crc32.Checksum(codes, castagnoli), castagnoli, b[:])
}

// check compares section i with its trailer.
func (h *header) check(i int, codes, trailer []byte) error {
	var zeros [trailerBytes - 4]byte
	if h.checksum(i, codes) != binary.LittleEndian.Uint32(trailer) || !bytes.Equal(trailer[4:], zeros[:]) {
		return fmt.Errorf("%w: checksum of section %d of %d", ErrCorrupt, i+1, h.sections())
	}
	return nil
}

// encodedSize returns the bytes of the whole table.
func (h *header) encodedSize() int64 {
	return headerBytes + int64(h.rows)*int64(h.stride) + int64(h.sections())*trailerBytes
}

// EncodedSize returns how many bytes WriteTo writes, if no row is added meanwhile.
func (c *Codes) EncodedSize() int64 {
	h := c.header()
	return h.encodedSize()
}

// WriteTo writes the table with its checksums to w and returns the number of
// bytes. It may run beside Set: the rows that the table had at the beginning are
// written, each of them whole, and it holds writers up for the copying of a
// section at most.
func (c *Codes) WriteTo(w io.Writer) (int64, error) {
	h := c.header()
	buf := h.append(make([]byte, 0, sectionBytes+trailerBytes))
	n, err := w.Write(buf)
	written := int64(n)
	for i := 0; err == nil && i < h.sections(); i++ {
		c.mu.Lock()
		buf = append(buf[:0], c.table.Load().Chunks[i][:h.sectionLen(i)]...)
		c.mu.Unlock()
		buf = binary.LittleEndian.AppendUint32(buf, h.checksum(i, buf))
		buf = append(buf, make([]byte, trailerBytes-4)...)
		n, err = w.Write(buf)
		written += int64(n)
	}
	if err != nil {
		return written, fmt.Errorf("quant: write codes: %w", err)
	}
	return written, nil
}

// ReadCodes reads what WriteTo has written, and not a byte more. It returns
// [ErrFormat] when r holds something else, [ErrCorrupt] when it is damaged or
// ends too early, or the error of r. Memory grows with what was read and found
// intact, never with what a damaged header promises.
func ReadCodes(r io.Reader) (*Codes, error) {
	var head [headerBytes]byte
	if err := readFull(r, head[:]); err != nil {
		return nil, err
	}
	h, err := parseHeader(head[:])
	if err != nil {
		return nil, err
	}
	var chunks [][]byte
	trailer := make([]byte, trailerBytes)
	for i := range h.sections() {
		chunk := make([]byte, h.sectionLen(i))
		if err := errors.Join(readFull(r, chunk), readFull(r, trailer)); err != nil {
			return nil, err
		}
		if err := h.check(i, chunk, trailer); err != nil {
			return nil, err
		}
		chunks = append(chunks, chunk)
	}
	return h.codes(chunks, true), nil
}

func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrCorrupt)
	}
	if err != nil {
		return fmt.Errorf("quant: read codes: %w", err)
	}
	return nil
}

// MapCodes returns the table that WriteTo has written to the beginning of b, and
// what follows it in b. The codes stay where they are: b is never written to, so
// it may be a read-only mapping of a file, and must stay as it is as long as the
// table is in use. Setting a row of the mapped part copies its section first.
// Every checksum is verified. The errors are those of ReadCodes.
func MapCodes(b []byte) (c *Codes, rest []byte, err error) {
	if len(b) < headerBytes {
		return nil, nil, fmt.Errorf("%w: it ends too early", ErrCorrupt)
	}
	h, err := parseHeader(b)
	if err != nil {
		return nil, nil, err
	}
	if int64(len(b)) < h.encodedSize() {
		return nil, nil, fmt.Errorf("%w: %d bytes of %d", ErrCorrupt, len(b), h.encodedSize())
	}
	rest = b[headerBytes:]
	chunks := make([][]byte, h.sections())
	for i := range chunks {
		n := h.sectionLen(i)
		chunks[i] = rest[:n:n]
		if err := h.check(i, chunks[i], rest[n:n+trailerBytes]); err != nil {
			return nil, nil, err
		}
		rest = rest[n+trailerBytes:]
	}
	return h.codes(chunks, false), rest, nil
}

// codes makes a table of the sections that were read.
func (h *header) codes(chunks [][]byte, owned bool) *Codes {
	c := &Codes{dims: h.dims, stride: h.stride, shift: h.shift, owned: make([]bool, len(chunks))}
	for i := range c.owned {
		c.owned[i] = owned
	}
	c.table.Store(&kernel.Table{Chunks: chunks, Shift: h.shift, Stride: h.stride, Rows: h.rows})
	c.count.Store(h.rows)
	return c
}
