//go:build unix

package rows

import (
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// segment is a mapped part of the file. Writes go through the file, which on
// Unix is coherent with a shared mapping, so that a full disk is an error of
// the write and not a fault of the mapping.
type segment struct {
	b        []byte
	verified *[segmentRows / 64]atomic.Uint64 // a bit per row whose checksum was right
}

func mapSegment(f *os.File, off, size int64) (segment, error) {
	b, err := unix.Mmap(int(f.Fd()), off, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return segment{}, err
	}
	// Rows are read one here, one there: reading ahead would only fill the
	// page cache with rows nobody asked for.
	_ = unix.Madvise(b, unix.MADV_RANDOM)
	return segment{b, new([segmentRows / 64]atomic.Uint64)}, nil
}

func (s segment) row(off, n int) ([]byte, bool) { return s.b[off : off+n], true }

func (s segment) close() error { return unix.Munmap(s.b) }
