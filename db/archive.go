package db

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// A backup is a stream. There are no file names in it, so there is none that
// could lead out of the directory it is restored to.
//
//	┌──────────┬─────────┬─ zstd ──────────────────────────────────────────┐
//	│ FRONYBAK │ version │ header │ collection … │ collection … │ manifest │
//	│ 8 bytes  │ u32     │        │              │              │          │
//	└──────────┴─────────┴─────────────────────────────────────────────────┘
//	collection:  description · list of live nodes · documents
//	block:       type u8 · length u32 · bytes
//
// Header, manifest and descriptions are JSON. The list holds the difference of
// each node from the one before, as uvarints; a document is its node, and its
// record and vector with their lengths. The manifest has the SHA-256 of each
// collection's blocks, and of all blocks before it. Numbers are little-endian.
const (
	archiveMagic   = "FRONYBAK"
	archiveVersion = 1

	blockHeader     = 'H'
	blockCollection = 'C'
	blockLive       = 'L'
	blockDocuments  = 'D'
	blockManifest   = 'M'

	archivePart  = 1 << 20  // blocks are about so long
	archiveBlock = 64 << 20 // and never longer

	// A stream may become so many times longer when it is decompressed, beyond
	// the first few blocks: texts and vectors never come near.
	archiveRatio = 1000
)

// archive writes a backup.
type archive struct {
	out  *bufio.Writer
	z    *zstd.Encoder
	all  hash.Hash
	part hash.Hash
	n    int64
	buf  []byte // of the block that is being filled
}

func newArchive(w io.Writer) (*archive, error) {
	a := &archive{out: bufio.NewWriterSize(w, 1<<20), all: sha256.New(), part: sha256.New()}
	head := binary.LittleEndian.AppendUint32([]byte(archiveMagic), archiveVersion)
	if _, err := a.out.Write(head); err != nil {
		return nil, err
	}
	var err error
	a.z, err = zstd.NewWriter(a.out, zstd.WithEncoderLevel(zstd.SpeedFastest))
	return a, err
}

func (a *archive) block(kind byte, b []byte) error {
	if len(b) > archiveBlock {
		return fmt.Errorf("%w: a document of %d bytes", ErrBackup, len(b))
	}
	head := binary.LittleEndian.AppendUint32([]byte{kind}, uint32(len(b)))
	for _, part := range [][]byte{head, b} {
		if _, err := a.z.Write(part); err != nil {
			return err
		}
		a.n += int64(len(part))
		a.all.Write(part)
		a.part.Write(part)
	}
	return nil
}

func (a *archive) json(kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.block(kind, b)
}

func (a *archive) begin()                { a.part.Reset() }
func (a *archive) sum() string           { return hex.EncodeToString(a.all.Sum(nil)) }
func (a *archive) collectionSum() string { return hex.EncodeToString(a.part.Sum(nil)) }

// spill writes the block if it is long enough.
func (a *archive) spill(ctx context.Context, kind byte) error {
	if len(a.buf) < archivePart {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return a.flush(kind)
}

func (a *archive) flush(kind byte) error {
	if len(a.buf) == 0 {
		return nil
	}
	err := a.block(kind, a.buf)
	a.buf = a.buf[:0]
	return err
}

func (a *archive) finish(manifest *BackupInfo) error {
	if err := a.json(blockManifest, manifest); err != nil {
		return err
	}
	if err := a.z.Close(); err != nil {
		return err
	}
	return a.out.Flush()
}

// abandon lets the encoder's memory go if finish was not reached.
func (a *archive) abandon() { a.z.Reset(nil) }

// archiveReader reads a backup, and trusts nothing in it.
type archiveReader struct {
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

func newArchiveReader(r io.Reader, limit int64) (*archiveReader, error) {
	a := &archiveReader{in: &counted{r: r}, all: sha256.New(), part: sha256.New(), max: limit}
	head := make([]byte, len(archiveMagic)+4)
	if _, err := io.ReadFull(a.in, head); err != nil || string(head[:len(archiveMagic)]) != archiveMagic {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		return nil, because(ErrBackup, "it does not begin as one")
	}
	if v := binary.LittleEndian.Uint32(head[len(archiveMagic):]); v != archiveVersion {
		return nil, because(ErrBackup, "it has version %d, this program knows %d; use a newer frony-db", v, archiveVersion)
	}
	var err error
	a.z, err = zstd.NewReader(a.in, zstd.WithDecoderMaxWindow(64<<20), zstd.WithDecoderConcurrency(1))
	return a, err
}

func (a *archiveReader) close() { a.z.Close() }

// next reads a block; its bytes are valid until the next one. The sums of the
// manifest do not cover it, so they are taken before it is added.
func (a *archiveReader) next() (kind byte, b []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(a.z, head[:]); err != nil {
		return 0, nil, damaged(err)
	}
	kind = head[0]
	n := int64(binary.LittleEndian.Uint32(head[1:]))
	switch {
	case n > archiveBlock:
		return 0, nil, because(ErrBackup, "a block of %d bytes, at most %d are allowed", n, archiveBlock)
	case a.max > 0 && a.n+n > a.max:
		return 0, nil, because(ErrBackup, "it becomes more than %d bytes", a.max)
	case a.n+n > archiveRatio*a.in.n+2*archiveBlock:
		return 0, nil, because(ErrBackup, "%d bytes become more than %d: it is not a backup of documents", a.in.n, a.n+n)
	}
	// Grown as it is read: the length may be a lie.
	a.buf = a.buf[:0]
	for int64(len(a.buf)) < n {
		at := len(a.buf)
		a.buf = append(a.buf, make([]byte, min(n-int64(at), archivePart))...)
		if _, err := io.ReadFull(a.z, a.buf[at:]); err != nil {
			return 0, nil, damaged(err)
		}
	}
	if kind != blockManifest {
		if kind == blockCollection {
			a.part.Reset()
		}
		for _, part := range [][]byte{head[:], a.buf} {
			a.all.Write(part)
			a.part.Write(part)
		}
		a.n += int64(len(head)) + n
	}
	return kind, a.buf, nil
}

// end makes sure that nothing follows.
func (a *archiveReader) end() error {
	var b [1]byte
	if n, err := io.ReadFull(a.z, b[:]); n != 0 || !errors.Is(err, io.EOF) {
		if err != nil {
			return damaged(err)
		}
		return because(ErrBackup, "there is more after its manifest")
	}
	return nil
}

// damaged says that a stream ended early or can't be decompressed, unless the
// reading itself failed.
func damaged(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return because(ErrBackup, "it ends too early")
	case errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zstd.ErrWindowSizeExceeded),
		errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrBlockTooSmall), errors.Is(err, zstd.ErrUnexpectedBlockSize),
		errors.Is(err, zstd.ErrReservedBlockType), errors.Is(err, zstd.ErrFrameSizeExceeded), errors.Is(err, zstd.ErrFrameSizeMismatch):
		return because(ErrBackup, "it is damaged: %v", err)
	}
	return fmt.Errorf("%w: it can't be read: %w", ErrBackup, err)
}
