package quant

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/fronyai/frony-db/internal/frame"
)

// sectionBytes bounds a chunk, and with it the section of a file that one
// checksum covers.
const sectionBytes = 1 << 20

// sectionShift returns log2 of the rows or blocks of a chunk, for those of stride bytes.
func sectionShift(stride int) uint { return uint(bits.Len(uint(sectionBytes/stride)) - 1) }

// sections are the frames of a file that hold a table's rows, one for each chunk.
type sections struct {
	n      int64 // rows, or blocks of them
	shift  uint  // log2 of those of a section
	stride int   // bytes of one
}

// size returns the bytes of section i, 0 after the last.
func (s sections) size(i int) int {
	return int(max(0, min(s.n-int64(i)<<s.shift, 1<<s.shift))) * s.stride
}

// read reads all sections, as the chunks of a table.
func (s sections) read(in *frame.Reader) (chunks [][]byte, err error) {
	for i := 0; s.size(i) > 0; i++ {
		chunk, err := in.Next(nil, int64(s.size(i)))
		if err != nil {
			return nil, damaged(err)
		}
		if len(chunk) != s.size(i) {
			return nil, fmt.Errorf("%w: section %d has %d bytes, want %d", ErrCorrupt, i, len(chunk), s.size(i))
		}
		chunks = append(chunks, chunk)
	}
	return chunks, nil
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
