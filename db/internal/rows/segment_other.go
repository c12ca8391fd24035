//go:build !unix

package rows

import (
	"os"
	"sync/atomic"
)

// segment reads the file where it cannot be mapped.
type segment struct {
	f        *os.File
	off      int64
	verified *[segmentRows / 64]atomic.Uint64 // a bit for each row whose checksum is known to be right
}

func mapSegment(f *os.File, off, _ int64) (segment, error) {
	return segment{f, off, new([segmentRows / 64]atomic.Uint64)}, nil
}

func (s segment) row(off, n int) ([]byte, bool) {
	b := make([]byte, n)
	_, err := s.f.ReadAt(b, s.off+int64(off))
	return b, err == nil
}

func (s segment) close() error { return nil }
