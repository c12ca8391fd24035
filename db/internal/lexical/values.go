package lexical

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/fronyai/frony-db/internal/frame"
)

// maxFrame bounds the payload of a snapshot's frames, which hold whole values.
const maxFrame = 1 << 20

// An encoder writes values to the frames of a snapshot. end returns its first
// error.
type encoder struct {
	frames *frame.Writer
	buf    []byte
}

func newEncoder(w io.Writer, version uint32) *encoder {
	return &encoder{frame.NewWriter(w, snapshotMagic, version), make([]byte, 0, maxFrame)}
}

// reserve ends the frame if it has less than n bytes left.
func (e *encoder) reserve(n int) {
	if len(e.buf)+n > maxFrame {
		e.cut()
	}
}

func (e *encoder) uint64(v uint64) {
	e.reserve(8)
	e.buf = binary.LittleEndian.AppendUint64(e.buf, v)
}

func (e *encoder) uvarint(v uint64) {
	e.reserve(binary.MaxVarintLen64)
	e.buf = binary.AppendUvarint(e.buf, v)
}

func (e *encoder) cut() {
	e.frames.Frame(e.buf)
	e.buf = e.buf[:0]
}

func (e *encoder) end() (int64, error) {
	e.cut()
	return e.frames.End()
}

// A decoder reads values from the frames of a snapshot. It keeps the first error
// and returns zeros after it.
type decoder struct {
	frames *frame.Reader
	buf    []byte
	rest   []byte // of the current frame
	err    error
}

// fill reads the next frame if the current one is used up.
func (d *decoder) fill() {
	if d.err != nil || len(d.rest) > 0 {
		return
	}
	b, err := d.frames.Next(d.buf, maxFrame)
	if err != nil {
		d.err = damaged(err)
		return
	}
	d.buf, d.rest = b, b
}

func (d *decoder) fail(what string) {
	d.err, d.rest = fmt.Errorf("%w: %s", ErrCorrupt, what), nil
}

func (d *decoder) uint64() uint64 {
	if d.fill(); d.err != nil {
		return 0
	}
	if len(d.rest) < 8 {
		d.fail("a frame ends inside a value")
		return 0
	}
	v := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return v
}

// uvarint returns the next number, which is at most limit.
func (d *decoder) uvarint(limit uint64) uint64 {
	if d.fill(); d.err != nil {
		return 0
	}
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > limit {
		d.fail("a number is out of range")
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// end checks that the last frame is used up.
func (d *decoder) end() {
	if d.err == nil && len(d.rest) > 0 {
		d.fail(fmt.Sprintf("%d bytes too many", len(d.rest)))
	}
}
