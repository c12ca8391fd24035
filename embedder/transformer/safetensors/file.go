package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"slices"

	"golang.org/x/exp/mmap"
)

// maxHeader is the reference implementation's limit.
const maxHeader = 100_000_000

// File is an open safetensors file. It is safe for concurrent use.
type File struct {
	tensors map[string]*Tensor
	closer  io.Closer
}

// Open maps the file at path. If the system cannot map it, the file is read piece by
// piece as tensors are read. The caller closes the File, and must not use its tensors
// afterwards. The file must not be truncated while it is open.
func Open(path string) (*File, error) {
	var r interface {
		io.ReaderAt
		io.Closer
	}
	var size int64
	if m, err := mmap.Open(path); err == nil {
		r, size = m, int64(m.Len())
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		st, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		r, size = f, st.Size()
	}
	f, err := New(r, size)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	f.closer = r
	return f, nil
}

// New reads the header of a safetensors file of size bytes. It returns
// ErrCorrupt when header and size do not agree.
func New(r io.ReaderAt, size int64) (*File, error) {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, fmt.Errorf("%w: %d bytes, too short for a header", ErrCorrupt, size)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("%w: header of %d bytes in a file of %d", ErrCorrupt, n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrCorrupt, err)
	}
	delete(entries, "__metadata__")
	f := &File{tensors: make(map[string]*Tensor, len(entries))}
	for name, raw := range entries {
		t, err := parseTensor(name, raw)
		if err != nil {
			return nil, err
		}
		t.r = r
		f.tensors[name] = t
	}
	if err := f.checkLayout(size - 8 - int64(n)); err != nil {
		return nil, err
	}
	for _, t := range f.tensors {
		t.begin += 8 + int64(n)
	}
	return f, nil
}

func parseTensor(name string, raw json.RawMessage) (*Tensor, error) {
	var e struct {
		DType   string   `json:"dtype"`
		Shape   []int64  `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("%w: tensor %q: %w", ErrCorrupt, name, err)
	}
	width, ok := widths[e.DType]
	if !ok {
		return nil, fmt.Errorf("%w: tensor %q: dtype %q", ErrType, name, e.DType)
	}
	t := &Tensor{Name: name, DType: e.DType, begin: e.Offsets[0], width: width, n: 1}
	for _, d := range e.Shape {
		if d < 0 || d > math.MaxInt/16 || d > 0 && t.n > math.MaxInt/16/int(d) {
			return nil, fmt.Errorf("%w: tensor %q: shape %v", ErrCorrupt, name, e.Shape)
		}
		t.n *= int(d)
		t.Shape = append(t.Shape, int(d))
	}
	if t.begin < 0 || e.Offsets[1] < t.begin || e.Offsets[1]-t.begin != t.bytes() {
		return nil, fmt.Errorf("%w: tensor %q: %s of shape %v does not fit data_offsets %v",
			ErrCorrupt, name, e.DType, e.Shape, e.Offsets)
	}
	return t, nil
}

// checkLayout checks rule 3 of the package comment.
func (f *File) checkLayout(size int64) error {
	byBegin := slices.SortedFunc(maps.Values(f.tensors), func(a, b *Tensor) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.n, b.n))
	})
	var end int64
	for _, t := range byBegin {
		if t.begin != end {
			return fmt.Errorf("%w: tensor %q begins at %d, want %d", ErrCorrupt, t.Name, t.begin, end)
		}
		end += t.bytes()
	}
	if end != size {
		return fmt.Errorf("%w: tensors of %d bytes in %d bytes of data", ErrCorrupt, end, size)
	}
	return nil
}

// Tensors yields the tensors ordered by name.
func (f *File) Tensors() iter.Seq[*Tensor] {
	return func(yield func(*Tensor) bool) {
		for _, name := range slices.Sorted(maps.Keys(f.tensors)) {
			if !yield(f.tensors[name]) {
				return
			}
		}
	}
}

// Close unmaps the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}
