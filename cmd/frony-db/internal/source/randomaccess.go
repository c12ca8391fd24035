package source

import (
	"fmt"
	"io"
)

// randomAccess returns a file whose format is not read from its begin to its end, and
// its size.
func randomAccess(raw io.Reader, what string) (io.ReaderAt, int64, error) {
	at, ok := raw.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		return nil, 0, fmt.Errorf("%w: %s can only be read from a file; save the stream first", ErrFormat, what)
	}
	size, err := at.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %s can only be read from a regular file: %w", ErrFormat, what, err)
	}
	return at, size, nil
}
