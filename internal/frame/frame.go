// Package frame is the one way in which derived state is written to files: a
// stream of checksummed frames, so that damage is found before anything is made
// of the damaged bytes.
//
//	┌─────────┬─────────────┬─────────┬─────────┬───
//	│ magic   │ version u32 │ frame 0 │ frame 1 │ …
//	└─────────┴─────────────┴─────────┴─────────┴───
//	         ┌────────────┬─────────┬────────────┐
//	frame:   │ length u64 │ payload │ CRC-32C u32│
//	         └────────────┴─────────┴────────────┘
//
// All numbers are little-endian. A frame's checksum continues that of the frame
// before it, and the first that of magic and version. So no frame can be lost,
// change places, or come from another stream unnoticed. The last frame is known
// by its format, not by a mark: a stream may be followed by another.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

var (
	// ErrFormat is returned when a stream does not begin with the magic of its
	// format.
	ErrFormat = errors.New("unknown format")

	// ErrVersion is returned when a stream is of another version of its format.
	ErrVersion = errors.New("unknown version")

	// ErrCorrupt is returned when a stream is truncated, fails a checksum, or has
	// a frame of impossible length.
	ErrCorrupt = errors.New("corrupt frame")
)

const (
	lengthSize = 8
	sumSize    = 4

	// Overhead is the number of bytes that a frame takes beyond its payload.
	Overhead = lengthSize + sumSize
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum continues a CRC-32C with b; sum is 0 at the beginning.
func Sum(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// A Writer writes a stream. It keeps the first error and does nothing more after
// it; End returns it.
type Writer struct {
	w   io.Writer
	sum uint32
	n   int64
	err error
}

// NewWriter begins a stream of a format and a version of it.
func NewWriter(w io.Writer, magic string, version uint32) *Writer {
	s := &Writer{w: w}
	head := binary.LittleEndian.AppendUint32([]byte(magic), version)
	s.sum = Sum(0, head)
	s.write(head)
	return s
}

// Frame writes a frame, which may be empty.
func (s *Writer) Frame(payload []byte) {
	s.write(binary.LittleEndian.AppendUint64(nil, uint64(len(payload))))
	s.write(payload)
	s.sum = Sum(s.sum, payload)
	s.write(binary.LittleEndian.AppendUint32(nil, s.sum))
}

// End returns how many bytes were written, and the first error.
func (s *Writer) End() (int64, error) { return s.n, s.err }

func (s *Writer) write(b []byte) {
	if s.err == nil {
		var n int
		n, s.err = s.w.Write(b)
		s.n += int64(n)
	}
}

// A Reader reads what a Writer wrote, and not a byte more than it is asked for.
type Reader struct {
	r    io.Reader
	sum  uint32
	next int
}

// NewReader opens a stream of a format and a version of it. It returns
// ErrFormat, ErrVersion, ErrCorrupt if the stream ends at once, or the error of
// r.
func NewReader(r io.Reader, magic string, version uint32) (*Reader, error) {
	head := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, truncated(err, "it ends before its version")
	}
	if got := string(head[:len(magic)]); got != magic {
		return nil, fmt.Errorf("%w: it begins with %q, want %q", ErrFormat, got, magic)
	}
	if v := binary.LittleEndian.Uint32(head[len(magic):]); v != version {
		return nil, fmt.Errorf("%w %d, want %d", ErrVersion, v, version)
	}
	return &Reader{r: r, sum: Sum(0, head)}, nil
}

// firstRead bounds what is allocated on the word of a length alone.
const firstRead = 1 << 20

// Next reads the next frame into buf, which it replaces if the payload does not
// fit, and returns the payload. It returns ErrCorrupt if the frame has more than
// limit bytes, and the error of r if that fails. Memory grows with what was
// read, because the length may be wrong.
func (s *Reader) Next(buf []byte, limit int64) ([]byte, error) {
	var head [lengthSize]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return nil, s.truncated(err)
	}
	length := binary.LittleEndian.Uint64(head[:])
	if limit < 0 || length > uint64(limit) {
		return nil, s.corrupt("%d bytes do not fit, want at most %d", length, limit)
	}
	buf = buf[:0]
	for n := int(length); len(buf) < n; {
		if len(buf) == cap(buf) {
			more := make([]byte, len(buf), min(n, max(firstRead, 2*len(buf))))
			copy(more, buf)
			buf = more
		}
		at := len(buf)
		buf = buf[:min(n, cap(buf))]
		if _, err := io.ReadFull(s.r, buf[at:]); err != nil {
			return nil, s.truncated(err)
		}
	}
	var sum [sumSize]byte
	if _, err := io.ReadFull(s.r, sum[:]); err != nil {
		return nil, s.truncated(err)
	}
	s.sum = Sum(s.sum, buf)
	if s.sum != binary.LittleEndian.Uint32(sum[:]) {
		return nil, s.corrupt("wrong checksum")
	}
	s.next++
	return buf, nil
}

func (s *Reader) corrupt(format string, args ...any) error {
	return fmt.Errorf("%w %d: %s", ErrCorrupt, s.next, fmt.Sprintf(format, args...))
}

func (s *Reader) truncated(err error) error {
	return truncated(err, fmt.Sprintf("it ends in frame %d", s.next))
}

// truncated tells the end of the data, which is corruption, from a failure to
// read it, which is not.
func truncated(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s", ErrCorrupt, where)
	}
	return err
}
