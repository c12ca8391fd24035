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

func randomSketches(t testing.TB, dims, bits, rows int) *Sketches {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(dims), uint64(rows)))
	var center []float32
	if rows%2 == 1 {
		center = gauss(r, dims)
		Normalize(center)
	}
	s := centered(t, dims, bits, center)
	for id := range uint32(rows) {
		s.Set(id, gauss(r, dims))
	}
	return s
}

func equalSketches(t testing.TB, got, want *Sketches) {
	t.Helper()
	if got.Len() != want.Len() || got.Dims() != want.Dims() || got.Bits() != want.Bits() {
		t.Fatalf("%d rows of %d × %d bits, want %d rows of %d × %d bits",
			got.Len(), got.Dims(), got.Bits(), want.Len(), want.Dims(), want.Bits())
	}
	if !slices.Equal(got.Center(), want.Center()) {
		t.Fatalf("center %v, want %v", got.Center(), want.Center())
	}
	q := want.Query(gauss(rand.New(rand.NewPCG(31, 31)), want.Dims()))
	a, overA := scanAll(got, q, 0.1)
	b, overB := scanAll(want, q, 0.1)
	if !slices.Equal(a, b) || !slices.Equal(overA, overB) {
		t.Fatal("estimates differ")
	}
}

func TestWriteAndReadSketches(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ dims, bits, rows int }{
		{1, 1, 0}, {1, 2, 1}, {384, 1, 63}, {384, 2, 64}, {384, 1, 65}, {33, 1, 70_000}, {4096, 2, 1100},
	} {
		s := randomSketches(t, size.dims, size.bits, size.rows)
		b := written(t, s)
		r := bytes.NewReader(append(slices.Clone(b), "more"...))
		read, err := ReadSketches(iotest.HalfReader(r))
		if err != nil {
			t.Fatal(err)
		}
		equalSketches(t, read, s)
		if r.Len() != 4 {
			t.Errorf("%v: ReadSketches left %d bytes, want 4", size, r.Len())
		}
		// It grows and changes as the original does.
		random := rand.New(rand.NewPCG(32, 32))
		for id := range uint32(100) {
			v := gauss(random, size.dims)
			for _, x := range []*Sketches{s, read} {
				x.Set(uint32(size.rows)+id, v)
				x.Set(uint32(size.rows/2), v)
			}
		}
		equalSketches(t, read, s)
		if !bytes.Equal(written(t, read), written(t, s)) {
			t.Errorf("%v: the second generation differs", size)
		}
	}
}

// TestSketchesWrittenBesideWriters: rows that are set while a table is written are
// not in the file.
func TestSketchesWrittenBesideWriters(t *testing.T) {
	t.Parallel()
	s := randomSketches(t, 100, 2, 70)
	want := written(t, s)
	var b bytes.Buffer
	v := gauss(rand.New(rand.NewPCG(33, 33)), 100)
	w := &hookedWriter{w: &b, hook: func() {
		for id := range uint32(60) {
			s.Set(70+id, v)
		}
	}}
	if _, err := s.WriteTo(w); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Error("the file has more than the table had")
	}
	if s.Len() != 130 {
		t.Errorf("%d rows, want 130", s.Len())
	}
}

// hookedWriter calls hook once, after the first write.
type hookedWriter struct {
	w    io.Writer
	hook func()
}

func (h *hookedWriter) Write(b []byte) (int, error) {
	n, err := h.w.Write(b)
	if h.hook != nil {
		h.hook()
		h.hook = nil
	}
	return n, err
}

func TestDamagedSketches(t *testing.T) {
	t.Parallel()
	damageIsFound(t, written(t, randomSketches(t, 3, 1, 3)), readerOf(ReadSketches))
}

func TestSwappedSectionsOfSketchesAreFound(t *testing.T) {
	t.Parallel()
	s := randomSketches(t, 4096, 2, 16*SketchRows)
	s.SetCode(uint32(32*SketchRows-1), make([]byte, s.CodeSize()))
	b := written(t, s)
	size := s.sections(1<<20).size(0) + frame.Overhead
	head := len(sketchMagic) + 4 + headerSize + frame.Overhead + frame.Overhead // no center
	if s.sections(uint32(s.Len())).size(1)+frame.Overhead != size || len(b)-head < 2*size {
		t.Fatalf("the table has %d bytes, want a head of %d and two sections of %d", len(b), head, size)
	}
	swapped := slices.Concat(b[:head], b[head+size:head+2*size], b[head:head+size], b[head+2*size:])
	if _, err := ReadSketches(bytes.NewReader(swapped)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("ReadSketches: %v", err)
	}
}

// forgeSketches returns a sound stream with a header of the given numbers.
func forgeSketches(version uint32, center []byte, header ...uint32) []byte {
	var b bytes.Buffer
	w := frame.NewWriter(&b, sketchMagic, version)
	var h []byte
	for _, x := range header {
		h = binary.LittleEndian.AppendUint32(h, x)
	}
	w.Frame(h)
	w.Frame(center)
	return b.Bytes()
}

func TestForgedHeadersOfSketches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    []byte
		want error
	}{
		{forgeSketches(0, nil, 384, 1, 0), ErrFormat},
		{forgeSketches(2, nil, 384, 1, 0), ErrFormat},
		{forgeSketches(1, nil, 0, 1, 0), ErrCorrupt},
		{forgeSketches(1, nil, 4097, 1, 0), ErrCorrupt},
		{forgeSketches(1, nil, 384, 0, 0), ErrCorrupt},
		{forgeSketches(1, nil, 384, 3, 0), ErrCorrupt},
		{forgeSketches(1, nil, 384, 1<<32-1, 0), ErrCorrupt},
		{forgeSketches(1, nil, 384, 1, 1<<32-1), ErrCorrupt}, // promises 220 GB
		{forgeSketches(1, nil, 384, 1), ErrCorrupt},
		{forgeSketches(1, []byte{1, 2, 3}, 1, 1, 0), ErrCorrupt},
		{forgeSketches(1, Bytes([]float32{2}), 1, 1, 0), ErrCorrupt},
		{forgeSketches(1, Bytes([]float32{0, 0}), 1, 1, 0), ErrCorrupt},
		{forgeSketches(1, Bytes(make([]float32, MaxDims+1)), 1, 1, 0), ErrCorrupt},
		{written(t, randomCodes(t, 3, 3)), ErrFormat},
	} {
		if _, err := ReadSketches(bytes.NewReader(c.b)); !errors.Is(err, c.want) {
			t.Errorf("ReadSketches: %v, want %v", err, c.want)
		}
	}
}

func TestErrorsOfReaderAndWriterOfSketchesPass(t *testing.T) {
	t.Parallel()
	errorsPass(t, randomSketches(t, 3, 1, 3), readerOf(ReadSketches))
}

func FuzzReadSketches(f *testing.F) {
	f.Add(written(f, randomSketches(f, 3, 1, 3)))
	f.Add(written(f, randomSketches(f, 40, 2, 65)))
	f.Add(forgeSketches(1, nil, 384, 1, 1<<32-1))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		s, err := ReadSketches(r)
		if err != nil {
			return
		}
		// What lies behind the last row is no part of the table.
		again, err := ReadSketches(bytes.NewReader(written(t, s)))
		if err != nil {
			t.Fatal(err)
		}
		equalSketches(t, again, s)
	})
}
