//go:build !unix

package rows

import "os"

// segment reads the file where it can't be mapped.
type segment struct {
	f   *os.File
	off int64
}

func mapSegment(f *os.File, off, _ int64) (segment, error) { return segment{f, off}, nil }

func (s segment) row(off, n int) ([]byte, bool) {
	b := make([]byte, n)
	_, err := s.f.ReadAt(b, s.off+int64(off))
	return b, err == nil
}

func (s segment) close() error { return nil }
