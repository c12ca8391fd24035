package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the window of a zstd frame. It is what the zstd command accepts
// without --long.
const maxWindow = 128 << 20

var (
	magicGzip = []byte{0x1f, 0x8b}
	magicZstd = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// counter counts the bytes read from disk. Any goroutine may read the count.
type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// input is the text of one file: decompressed, in UTF-8, without byte-order mark.
type input struct {
	io.Reader
	// converted is set if the file is not UTF-8. A replacement character then stands
	// for invalid bytes.
	converted bool
	encoding  string
	guessed   bool  // the encoding was not named
	skipped   int64 // bytes of a UTF-8 byte-order mark, which offsets count
	unzip     func()
}

// newInput decodes the raw bytes of a file. If wait is set, the sample for detection
// may wait for more bytes. For a pipe it must not, since its writer may be waiting
// too.
func newInput(raw io.Reader, encoding string, wait bool) (*input, error) {
	plain, unzip, err := decompress(raw, wait)
	if err != nil {
		return nil, err
	}
	in := &input{unzip: unzip}
	sample, rest, err := peek(plain, sampleSize, wait)
	if err != nil {
		in.close()
		return nil, err
	}
	if in.encoding = encoding; encoding == "" {
		if encoding, err = detectEncoding(sample); err != nil {
			in.close()
			return nil, err
		}
		in.encoding, in.guessed = encoding, encoding != utf8Name
	}
	if encoding == utf8Name {
		if bytes.HasPrefix(sample, bomUTF8) {
			if _, err := io.ReadFull(rest, make([]byte, len(bomUTF8))); err != nil {
				in.close()
				return nil, err
			}
			in.skipped = int64(len(bomUTF8))
		}
		in.Reader = rest
		return in, nil
	}
	in.converted = true
	in.Reader = convert(rest, encoding)
	return in, nil
}

func (in *input) close() {
	if in.unzip != nil {
		in.unzip()
		in.unzip = nil
	}
}

// decompress recognises gzip and zstd by their magic bytes, whatever the name.
func decompress(raw io.Reader, wait bool) (io.Reader, func(), error) {
	head, r, err := peek(raw, sampleSize, wait)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, magicGzip):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, explainUnzip("gzip", err)
		}
		return unzipper{z, "gzip"}, func() { _ = z.Close() }, nil
	case bytes.HasPrefix(head, magicZstd):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, explainUnzip("zstd", err)
		}
		return unzipper{z, "zstd"}, z.Close, nil
	}
	return r, nil, nil
}

// unzipper explains the errors of a decompressor.
type unzipper struct {
	r    io.Reader
	kind string
}

func (u unzipper) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = explainUnzip(u.kind, err)
	}
	return n, err
}

func explainUnzip(kind string, err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: the %s stream has no end; copy or download the file again", ErrTruncated, kind)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch):
		return fmt.Errorf("%w: data after the %s stream is not %[2]s", ErrCorrupt, kind)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return fmt.Errorf("%w: wrong %s checksum", ErrCorrupt, kind)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%w: the zstd window exceeds %d MiB; compress again without --long", ErrCorrupt, maxWindow>>20)
	}
	return fmt.Errorf("%s: %w", kind, err)
}

// peek reads up to n bytes and returns them with a reader that returns them again.
// Without wait it returns after the first bytes. The reader also returns errors other
// than io.EOF, after the bytes that were read.
func peek(r io.Reader, n int, wait bool) ([]byte, io.Reader, error) {
	buf := make([]byte, n)
	least := n
	if !wait {
		least = min(n, len(magicZstd))
	}
	got, err := io.ReadAtLeast(r, buf, least)
	buf = buf[:got]
	switch {
	case err == nil:
		return buf, io.MultiReader(bytes.NewReader(buf), r), nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return buf, bytes.NewReader(buf), nil
	case got == 0:
		return nil, nil, err
	}
	return buf, io.MultiReader(bytes.NewReader(buf), failing{err}), nil
}

// failing is a reader that returns an error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
