package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
)

// widths are the bytes per element of the format's types.
var widths = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1,
	"I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4,
	"F64": 8, "I64": 8, "U64": 8,
}

// buffers hold the bytes that Read converts.
var buffers = sync.Pool{New: func() any { return new([4096]byte) }}

// Tensor is a named array in a File, in row-major order.
type Tensor struct {
	Name  string
	DType string // "F32", "F16", "BF16", …
	Shape []int

	r     io.ReaderAt
	begin int64 // of its data, in the file
	width int   // bytes per element
	n     int   // elements
}

// Len is the number of elements.
func (t *Tensor) Len() int { return t.n }

func (t *Tensor) bytes() int64 { return int64(t.n) * int64(t.width) }

// Dims returns the shape, which the caller must not change.
func (t *Tensor) Dims() []int { return t.Shape }

// Read fills dst with elements starting at index from, as float32. It returns
// ErrType for a tensor that is not F32, F16 or BF16, and ErrRange when the
// tensor has fewer elements.
func (t *Tensor) Read(dst []float32, from int) error {
	if from < 0 || from > t.n-len(dst) {
		return fmt.Errorf("tensor %q: %w: elements %d to %d of %d", t.Name, ErrRange, from, from+len(dst), t.n)
	}
	var convert func(dst []float32, src []byte)
	switch t.DType {
	case "F32":
		convert = fromF32
	case "F16":
		convert = fromF16
	case "BF16":
		convert = fromBF16
	default:
		return fmt.Errorf("tensor %q: %w: dtype %s, want F32, F16 or BF16", t.Name, ErrType, t.DType)
	}
	buf := buffers.Get().(*[4096]byte)
	defer buffers.Put(buf)
	at := t.begin + int64(from)*int64(t.width)
	for step := len(buf) / t.width; len(dst) > 0; {
		n := min(step, len(dst))
		src := buf[:n*t.width]
		if got, err := t.r.ReadAt(src, at); got < len(src) {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		convert(dst[:n], src)
		dst = dst[n:]
		at += int64(len(src))
	}
	return nil
}

func fromF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

// A BF16 is the upper half of a float32.
func fromBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

func fromF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = half(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

// half converts an IEEE 754 binary16. Moved into a float32's fields, its
// exponent is 112 too small; multiplying by 2^112 corrects that, also for
// subnormal numbers.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	bits := uint32(h&0x7fff) << 13
	if h&0x7c00 == 0x7c00 { // infinities and NaN
		return math.Float32frombits(sign | bits | 0x7f800000)
	}
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(bits)*0x1p112))
}
