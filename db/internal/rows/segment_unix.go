//go:build unix

package rows

import (
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// segment is a mapped part of the file. Writes go through the file, which on Unix
// is coherent with a shared mapping: a full disk is then an error of the write,
// not a fault of the mapping.
type segment struct {
	b        []byte
	verified *[segmentRows / 64]atomic.Uint64 // a bit for each row whose checksum is known to be right
}

func mapSegment(f *os.File, off, size int64) (segment, error) {
	b, err := unix.Mmap(int(f.Fd()), off, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return segment{}, err
	}
	// Access is random: reading ahead would fill the page cache with rows that
	// nobody needs.
	_ = unix.Madvise(b, unix.MADV_RANDOM)
	return segment{b, new([segmentRows / 64]atomic.Uint64)}, nil
}

func (s segment) row(off, n int) ([]byte, bool) { return s.b[off : off+n], true }

func (s segment) close() error { return unix.Munmap(s.b) }
