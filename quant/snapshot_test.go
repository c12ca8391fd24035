package quant

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/fronyai/frony-db/internal/frame"
)

func randomCodes(t testing.TB, dims, rows int) *Codes {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(dims), uint64(rows)))
	c, err := NewCodes(dims)
	if err != nil {
		t.Fatal(err)
	}
	code := make([]byte, c.CodeSize())
	for id := range uint32(rows) {
		for i := range dims {
			code[i] = byte(int8(r.IntN(255) - 127))
		}
		c.Set(id, code)
	}
	return c
}

func written(t testing.TB, c io.WriterTo) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := c.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo: %d bytes, %v; buffer has %d", n, err, b.Len())
	}
	return b.Bytes()
}

func equalCodes(t testing.TB, got, want *Codes) {
	t.Helper()
	if got.Len() != want.Len() || got.Dims() != want.Dims() {
		t.Fatalf("%d rows of %d, want %d rows of %d", got.Len(), got.Dims(), want.Len(), want.Dims())
	}
	for id := range uint32(want.Len()) {
		if !slices.Equal(got.Code(id), want.Code(id)) {
			t.Fatalf("row %d differs", id)
		}
	}
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ dims, rows int }{
		{1, 0}, {1, 1}, {192, 1}, {192, 4096}, {192, 4097}, {384, 5000}, {4096, 700}, {33, 40_000},
	} {
		c := randomCodes(t, size.dims, size.rows)
		b := written(t, c)

		r := bytes.NewReader(append(slices.Clone(b), "more"...))
		read, err := ReadCodes(iotest.HalfReader(r))
		if err != nil {
			t.Fatal(err)
		}
		equalCodes(t, read, c)
		if r.Len() != 4 {
			t.Errorf("%v: ReadCodes left %d bytes, want 4", size, r.Len())
		}

		// It grows and changes as the original does.
		code := make([]byte, c.CodeSize())
		code[0] = 77
		for _, x := range []*Codes{c, read} {
			for id := range uint32(100) {
				x.Set(uint32(size.rows)+id, code)
			}
			x.Set(uint32(size.rows/2), code)
		}
		equalCodes(t, read, c)
		if !bytes.Equal(written(t, read), written(t, c)) {
			t.Errorf("%v: the second generation differs", size)
		}
	}
}

func TestDamagedCodes(t *testing.T) {
	t.Parallel()
	damageIsFound(t, written(t, randomCodes(t, 3, 3)), readerOf(ReadCodes))
}

// readerOf leaves out the table that was read.
func readerOf[T any](read func(io.Reader) (T, error)) func(io.Reader) error {
	return func(r io.Reader) error {
		_, err := read(r)
		return err
	}
}

// damageIsFound flips every bit of a table's file, and cuts it everywhere.
func damageIsFound(t *testing.T, b []byte, read func(io.Reader) error) {
	t.Helper()
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if err := read(bytes.NewReader(b)); !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrFormat) {
			t.Errorf("bit %d flipped: %v", i, err)
		}
		b[i/8] ^= 1 << (i % 8)
	}
	for n := range len(b) {
		if err := read(bytes.NewReader(b[:n])); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestSwappedSectionsAreFound(t *testing.T) {
	t.Parallel()
	c := randomCodes(t, 4096, 512) // two sections of 1 MiB
	b := written(t, c)
	head, size := len(snapshotMagic)+4+headerSize+frame.Overhead, sectionBytes+frame.Overhead
	if len(b) != head+2*size {
		t.Fatalf("the table has %d bytes, want a head of %d and two sections of %d", len(b), head, size)
	}
	swapped := slices.Concat(b[:head], b[head+size:], b[head:head+size])
	if _, err := ReadCodes(bytes.NewReader(swapped)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("ReadCodes: %v", err)
	}
}

// forge returns a sound stream with a header of the given numbers.
func forge(version, dims, rows, perSection uint32) []byte {
	var b bytes.Buffer
	w := frame.NewWriter(&b, snapshotMagic, version)
	var h []byte
	for _, x := range []uint32{dims, rows, perSection} {
		h = binary.LittleEndian.AppendUint32(h, x)
	}
	w.Frame(h)
	return b.Bytes()
}

func TestForgedHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    []byte
		want error
	}{
		{forge(1, 192, 0, 4096), ErrFormat}, // an older version
		{forge(3, 192, 0, 4096), ErrFormat},
		{forge(2, 0, 0, 4096), ErrCorrupt},
		{forge(2, 4097, 0, 4096), ErrCorrupt},
		{forge(2, 192, 1<<32-1, 4096), ErrCorrupt}, // promises 800 GB
		{forge(2, 192, 1, 0), ErrCorrupt},
		{forge(2, 192, 1, 3), ErrCorrupt},
		{forge(2, 192, 1, 8192), ErrCorrupt},
		{forge(2, 4096, 1, 1<<31), ErrCorrupt},
		{make([]byte, 64), ErrFormat},
	} {
		if _, err := ReadCodes(bytes.NewReader(c.b)); !errors.Is(err, c.want) {
			t.Errorf("ReadCodes: %v, want %v", err, c.want)
		}
	}
}

func TestErrorsOfReaderAndWriterPass(t *testing.T) {
	t.Parallel()
	errorsPass(t, randomCodes(t, 3, 3), readerOf(ReadCodes))
}

// errorsPass breaks the reader and the writer of a table after some bytes.
func errorsPass(t *testing.T, table io.WriterTo, read func(io.Reader) error) {
	t.Helper()
	broken := errors.New("broken")
	b := written(t, table)
	for _, n := range []int{0, 10, 20, 40, 100} {
		r := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken))
		if err := read(r); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if m, err := table.WriteTo(&limitedWriter{n, broken}); !errors.Is(err, broken) || m != int64(n) {
			t.Errorf("WriteTo to %d bytes: %d, %v", n, m, err)
		}
	}
}

type limitedWriter struct {
	n   int
	err error
}

func (w *limitedWriter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		n := w.n
		w.n = 0
		return n, w.err
	}
	w.n -= len(b)
	return len(b), nil
}

func FuzzReadCodes(f *testing.F) {
	f.Add(written(f, randomCodes(f, 3, 3)))
	f.Add(written(f, randomCodes(f, 192, 2)))
	f.Add(forge(2, 192, 1<<32-1, 4096))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		c, err := ReadCodes(r)
		if err != nil {
			return
		}
		if !bytes.Equal(written(t, c), b[:len(b)-r.Len()]) {
			t.Fatal("what was read is written differently")
		}
	})
}

func BenchmarkReadCodes(b *testing.B) {
	file := written(b, randomCodes(b, 192, 100_000))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := ReadCodes(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}
