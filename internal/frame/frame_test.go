package frame_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fronyai/frony-db/internal/frame"
)

const (
	magic   = "test-magic"
	version = 3
)

func stream(t *testing.T, payloads ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := frame.NewWriter(&b, magic, version)
	for _, p := range payloads {
		w.Frame(p)
	}
	n, err := w.End()
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("End: %d bytes and %v, with %d written", n, err, b.Len())
	}
	return b.Bytes()
}

// read returns the first n payloads of a stream.
func read(r io.Reader, n int, limit int64) (payloads [][]byte, err error) {
	s, err := frame.NewReader(r, magic, version)
	if err != nil {
		return nil, err
	}
	for range n {
		p, err := s.Next(nil, limit)
		if err != nil {
			return payloads, err
		}
		payloads = append(payloads, p)
	}
	return payloads, nil
}

var examples = [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("large "), 1<<20), []byte("four")}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	b := stream(t, examples...)
	overhead := len(magic) + 4 + len(examples)*frame.Overhead
	if want := overhead + len(slices.Concat(examples...)); len(b) != want {
		t.Errorf("the stream has %d bytes, want %d", len(b), want)
	}
	// Another stream follows, and byte by byte is as good as at once.
	rest := strings.NewReader(string(b) + "another")
	got, err := read(iotest.HalfReader(rest), len(examples), 1<<30)
	if err != nil || !slices.EqualFunc(got, examples, bytes.Equal) {
		t.Fatalf("read %d of %d frames, not all as written: %v", len(got), len(examples), err)
	}
	if rest.Len() != len("another") {
		t.Errorf("%d bytes are left, want %d", rest.Len(), len("another"))
	}
}

func TestNextUsesTheBuffer(t *testing.T) {
	t.Parallel()
	s, err := frame.NewReader(bytes.NewReader(stream(t, []byte("short"), []byte("a bit longer"))), magic, version)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 3, 8)
	first, err := s.Next(buf, 100)
	if err != nil || string(first) != "short" || &first[0] != &buf[0] {
		t.Errorf("read %q, in the buffer: %v; %v", first, &first[0] == &buf[0], err)
	}
	second, err := s.Next(buf, 100)
	if err != nil || string(second) != "a bit longer" || cap(second) != len(second) {
		t.Errorf("read %q with capacity %d: %v", second, cap(second), err)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	a, b := []byte("alpha"), []byte("bravo")
	sound := stream(t, a, b)
	head, size := len(magic)+4, 5+frame.Overhead
	for i := range sound { // every bit that changes, and every end that is missing
		for bit := range 8 {
			bad := slices.Clone(sound)
			bad[i] ^= 1 << bit
			_, err := read(bytes.NewReader(bad), 2, 100)
			want := frame.ErrCorrupt
			switch {
			case i < len(magic):
				want = frame.ErrFormat
			case i < head:
				want = frame.ErrVersion
			}
			if !errors.Is(err, want) {
				t.Errorf("bit %d of byte %d changed: %v, want %v", bit, i, err, want)
			}
		}
		if _, err := read(bytes.NewReader(sound[:i]), 2, 100); !errors.Is(err, frame.ErrCorrupt) {
			t.Errorf("cut at byte %d: %v", i, err)
		}
	}
	swapped := slices.Concat(sound[:head], sound[head+size:], sound[head:head+size])
	lost := slices.Concat(sound[:head], sound[head+size:])
	twice := slices.Concat(sound[:head+size], sound[head:])
	foreign := slices.Concat(sound[:head+size], stream(t, []byte("other"), b)[head+size:])
	for name, bad := range map[string][]byte{"swapped": swapped, "lost": lost, "twice": twice, "foreign": foreign} {
		if _, err := read(bytes.NewReader(bad), 2, 100); !errors.Is(err, frame.ErrCorrupt) {
			t.Errorf("a frame is %s: %v", name, err)
		}
	}
}

func TestLengthIsALie(t *testing.T) {
	t.Parallel()
	b := stream(t, []byte("payload"))
	head := len(magic) + 4
	if _, err := read(bytes.NewReader(b), 1, 6); !errors.Is(err, frame.ErrCorrupt) || !strings.Contains(err.Error(), "7 bytes do not fit, want at most 6") {
		t.Errorf("a frame beyond the limit: %v", err)
	}
	if _, err := read(bytes.NewReader(b), 1, -1); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a limit below zero: %v", err)
	}
	binary.LittleEndian.PutUint64(b[head:], 1<<50) // to allocate it would panic
	if _, err := read(bytes.NewReader(b), 1, 1<<60); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a length of a petabyte: %v", err)
	}
	binary.LittleEndian.PutUint64(b[head:], 1<<63+5)
	if _, err := read(bytes.NewReader(b), 1, 1<<50); !errors.Is(err, frame.ErrCorrupt) {
		t.Errorf("a length above the largest: %v", err)
	}
}

func TestErrorsOfTheDisk(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken disk")
	b := stream(t, []byte("payload"))
	for cut := range b {
		r := io.MultiReader(bytes.NewReader(b[:cut]), iotest.ErrReader(broken))
		if _, err := read(r, 1, 100); !errors.Is(err, broken) || errors.Is(err, frame.ErrCorrupt) {
			t.Errorf("reading fails at byte %d: %v", cut, err)
		}
		w := frame.NewWriter(&failing{left: cut, err: broken}, magic, version)
		w.Frame([]byte("payload"))
		if n, err := w.End(); !errors.Is(err, broken) || n != int64(cut) {
			t.Errorf("writing fails at byte %d: %d bytes and %v", cut, n, err)
		}
	}
}

// failing takes so many bytes and then fails.
type failing struct {
	left int
	err  error
}

func (f *failing) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	f.left -= n
	if n < len(b) {
		return n, f.err
	}
	return n, nil
}
