package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// Reader reads a backup from an untrusted source.
type Reader struct {
	in   *counted
	z    *zstd.Decoder
	all  hash.Hash
	part hash.Hash
	n    int64
	max  int64 // bytes it may become; 0: as the ratio allows
	buf  []byte
}

type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// NewReader begins to read a backup, which may become limit bytes when it is
// decompressed; 0 is a thousand times its own length.
func NewReader(in io.Reader, limit int64) (*Reader, error) {
	r := &Reader{in: &counted{r: in}, all: sha256.New(), part: sha256.New(), max: limit}
	head := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r.in, head); err != nil || string(head[:len(magic)]) != magic {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		return nil, reason.For(ErrInvalid, "it does not start with the signature of a backup")
	}
	if v := binary.LittleEndian.Uint32(head[len(magic):]); v != version {
		return nil, reason.For(ErrInvalid, "it has version %d, this program reads up to %d; use a newer frony-db", v, version)
	}
	var err error
	r.z, err = zstd.NewReader(r.in, zstd.WithDecoderMaxWindow(64<<20), zstd.WithDecoderConcurrency(1))
	return r, err
}

// Close releases the decoder.
func (r *Reader) Close() { r.z.Close() }

// Next reads a block. Its bytes are valid until the next one.
func (r *Reader) Next() (kind Kind, b []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r.z, head[:]); err != nil {
		return 0, nil, damaged(err)
	}
	kind = Kind(head[0])
	n := int64(binary.LittleEndian.Uint32(head[1:]))
	switch {
	case n > maxBlock:
		return 0, nil, reason.For(ErrInvalid, "block of %d bytes, at most %d", n, maxBlock)
	case r.max > 0 && r.n+n > r.max:
		return 0, nil, reason.For(ErrInvalid, "it decompresses to more than %d bytes", r.max)
	case r.n+n > maxRatio*r.in.n+2*maxBlock:
		return 0, nil, reason.For(ErrInvalid, "%d bytes decompress to more than %d; a backup of documents does not", r.in.n, r.n+n)
	}
	// The buffer grows with the data, as the length may be false.
	r.buf = r.buf[:0]
	for int64(len(r.buf)) < n {
		at := len(r.buf)
		r.buf = append(r.buf, make([]byte, min(n-int64(at), partSize))...)
		if _, err := io.ReadFull(r.z, r.buf[at:]); err != nil {
			return 0, nil, damaged(err)
		}
	}
	if kind != Manifest {
		if kind == Collection {
			r.part.Reset()
		}
		for _, part := range [][]byte{head[:], r.buf} {
			r.all.Write(part)
			r.part.Write(part)
		}
		r.n += int64(len(head)) + n
	}
	return kind, r.buf, nil
}

// CollectionSum returns the SHA-256 of the collection's blocks so far, in
// hexadecimal.
func (r *Reader) CollectionSum() string { return hex.EncodeToString(r.part.Sum(nil)) }

// Sum returns the SHA-256 of all blocks so far except the manifest, in hexadecimal,
// and their length.
func (r *Reader) Sum() (string, int64) { return hex.EncodeToString(r.all.Sum(nil)), r.n }

// End returns an error if anything follows.
func (r *Reader) End() error {
	var b [1]byte
	if n, err := io.ReadFull(r.z, b[:]); n != 0 || !errors.Is(err, io.EOF) {
		if err != nil {
			return damaged(err)
		}
		return reason.For(ErrInvalid, "data after its manifest")
	}
	return nil
}

// damaged returns ErrInvalid with the reason: the stream is truncated, can't be
// decompressed, or can't be read.
func damaged(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return reason.For(ErrInvalid, "it is truncated")
	case errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zstd.ErrWindowSizeExceeded),
		errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrBlockTooSmall), errors.Is(err, zstd.ErrUnexpectedBlockSize),
		errors.Is(err, zstd.ErrReservedBlockType), errors.Is(err, zstd.ErrFrameSizeExceeded), errors.Is(err, zstd.ErrFrameSizeMismatch):
		return reason.For(ErrInvalid, "it is damaged: %v", err)
	}
	return fmt.Errorf("%w: read: %w", ErrInvalid, err)
}
