package lexical

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Snapshots are cut into sections, so that damage is found before anything is
// made of the damaged bytes:
//
//	┌────────────┬─────────┬──────────────────────────────┐
//	│ length u32 │ payload │ CRC32C(number u32 ‖ payload) │
//	└────────────┴─────────┴──────────────────────────────┘
//
// The payload has at most 1 MiB and holds whole numbers; the sections are
// numbered from 0, so that none can be lost or change places; an empty one is
// the last.
const maxSection = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(number uint32, payload []byte) uint32 {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], number)
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, payload)
}

// A sectionWriter keeps the first error; close returns it.
type sectionWriter struct {
	w     io.Writer
	buf   []byte // length and payload
	count uint32
	n     int64
	err   error
}

func newSectionWriter(w io.Writer) *sectionWriter {
	return &sectionWriter{w: w, buf: make([]byte, 4, 8+maxSection)}
}

// room cuts a section if the payload has less than n bytes left.
func (s *sectionWriter) room(n int) {
	if len(s.buf)+n > 4+maxSection {
		s.cut()
	}
}

func (s *sectionWriter) bytes(b []byte) {
	s.room(len(b))
	s.buf = append(s.buf, b...)
}

func (s *sectionWriter) uint32(v uint32) {
	s.room(4)
	s.buf = binary.LittleEndian.AppendUint32(s.buf, v)
}

func (s *sectionWriter) uint64(v uint64) {
	s.room(8)
	s.buf = binary.LittleEndian.AppendUint64(s.buf, v)
}

func (s *sectionWriter) uvarint(v uint64) {
	s.room(binary.MaxVarintLen64)
	s.buf = binary.AppendUvarint(s.buf, v)
}

// cut writes what has been gathered as a section, be it empty.
func (s *sectionWriter) cut() {
	binary.LittleEndian.PutUint32(s.buf, uint32(len(s.buf)-4))
	s.buf = binary.LittleEndian.AppendUint32(s.buf, checksum(s.count, s.buf[4:]))
	if s.err == nil {
		var n int
		n, s.err = s.w.Write(s.buf)
		s.n += int64(n)
	}
	s.count++
	s.buf = s.buf[:4]
}

func (s *sectionWriter) close() (int64, error) {
	if len(s.buf) > 4 {
		s.cut()
	}
	s.cut()
	return s.n, s.err
}

// A sectionReader keeps the first error and gives zeros from then on.
type sectionReader struct {
	r     io.Reader
	buf   []byte
	rest  []byte // of the section at hand
	count uint32
	err   error
}

// fill reads the next section when the one at hand is used up.
func (s *sectionReader) fill() {
	if s.err != nil || len(s.rest) > 0 {
		return
	}
	if s.next(); s.err == nil && len(s.rest) == 0 {
		s.fail("ends too early")
	}
}

func (s *sectionReader) next() {
	var head [4]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		s.broken(err)
		return
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > maxSection {
		s.fail(fmt.Sprintf("claims %d bytes", n))
		return
	}
	if cap(s.buf) < int(n)+4 {
		s.buf = make([]byte, n+4)
	}
	s.buf = s.buf[:n+4]
	if _, err := io.ReadFull(s.r, s.buf); err != nil {
		s.broken(err)
		return
	}
	if checksum(s.count, s.buf[:n]) != binary.LittleEndian.Uint32(s.buf[n:]) {
		s.fail("checksum does not match")
		return
	}
	s.rest = s.buf[:n]
	s.count++
}

func (s *sectionReader) broken(err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.fail("truncated")
		return
	}
	s.err, s.rest = err, nil
}

func (s *sectionReader) fail(what string) {
	s.err, s.rest = fmt.Errorf("%w: %s", ErrCorrupt, what), nil
}

// bytes returns the next n bytes, valid until the next call.
func (s *sectionReader) bytes(n int) []byte {
	s.fill()
	if s.err == nil && len(s.rest) < n {
		s.fail("cut inside a value")
	}
	if s.err != nil {
		return nil
	}
	b := s.rest[:n]
	s.rest = s.rest[n:]
	return b
}

func (s *sectionReader) uint32() uint32 {
	b := s.bytes(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

func (s *sectionReader) uint64() uint64 {
	b := s.bytes(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// uvarint returns the next number, which is limit at most.
func (s *sectionReader) uvarint(limit uint64) uint64 {
	s.fill()
	if s.err != nil {
		return 0
	}
	v, n := binary.Uvarint(s.rest)
	if n <= 0 || v > limit {
		s.fail("a number is out of range")
		return 0
	}
	s.rest = s.rest[n:]
	return v
}

// end checks that nothing is left but the last, empty section.
func (s *sectionReader) end() {
	if s.err == nil && len(s.rest) == 0 {
		if s.next(); s.err == nil && len(s.rest) == 0 {
			return
		}
	}
	if s.err == nil {
		s.fail("goes on past its end")
	}
}
