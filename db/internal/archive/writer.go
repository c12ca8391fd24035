package archive

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Writer writes a backup. Callers append to Buf and call Spill or Flush.
type Writer struct {
	Buf []byte // of the block that is being filled

	out  *bufio.Writer
	z    *zstd.Encoder
	all  hash.Hash
	part hash.Hash // of the collection
	n    int64
}

// NewWriter begins a backup.
func NewWriter(out io.Writer) (*Writer, error) {
	w := &Writer{out: bufio.NewWriterSize(out, 1<<20), all: sha256.New(), part: sha256.New()}
	head := binary.LittleEndian.AppendUint32([]byte(magic), version)
	if _, err := w.out.Write(head); err != nil {
		return nil, err
	}
	var err error
	w.z, err = zstd.NewWriter(w.out, zstd.WithEncoderLevel(zstd.SpeedFastest))
	return w, err
}

// Block writes a block.
func (w *Writer) Block(kind Kind, b []byte) error {
	if len(b) > maxBlock {
		return fmt.Errorf("%w: a document of %d bytes", ErrInvalid, len(b))
	}
	head := binary.LittleEndian.AppendUint32([]byte{byte(kind)}, uint32(len(b)))
	for _, part := range [][]byte{head, b} {
		if _, err := w.z.Write(part); err != nil {
			return err
		}
		w.n += int64(len(part))
		w.all.Write(part)
		w.part.Write(part)
	}
	return nil
}

// JSON writes a block that holds v as JSON.
func (w *Writer) JSON(kind Kind, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.Block(kind, b)
}

// Begin begins a collection.
func (w *Writer) Begin() { w.part.Reset() }

// CollectionSum returns the SHA-256 of the collection's blocks so far, in
// hexadecimal.
func (w *Writer) CollectionSum() string { return hex.EncodeToString(w.part.Sum(nil)) }

// Sum returns the SHA-256 of all blocks so far, in hexadecimal, and their length
// before compression.
func (w *Writer) Sum() (string, int64) { return hex.EncodeToString(w.all.Sum(nil)), w.n }

// Spill writes Buf as a block if it is long enough.
func (w *Writer) Spill(ctx context.Context, kind Kind) error {
	if len(w.Buf) < partSize {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.Flush(kind)
}

// Flush writes Buf as a block, unless it is empty.
func (w *Writer) Flush(kind Kind) error {
	if len(w.Buf) == 0 {
		return nil
	}
	err := w.Block(kind, w.Buf)
	w.Buf = w.Buf[:0]
	return err
}

// Finish writes the manifest and ends the stream.
func (w *Writer) Finish(manifest any) error {
	if err := w.JSON(Manifest, manifest); err != nil {
		return err
	}
	if err := w.z.Close(); err != nil {
		return err
	}
	return w.out.Flush()
}

// Abandon releases the encoder's memory if Finish was not reached.
func (w *Writer) Abandon() { w.z.Reset(nil) }
