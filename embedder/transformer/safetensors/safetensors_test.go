package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file builds a safetensors file of a header and data.
func file(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, data...)
}

func open(b []byte) (*File, error) { return New(bytes.NewReader(b), int64(len(b))) }

func TestRead(t *testing.T) {
	t.Parallel()
	var data []byte
	for _, v := range []float32{1, -2.5, 3e-40, float32(math.Inf(1))} {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	for _, h := range []uint16{0x3c00, 0xc100, 0x0001, 0x7c00} { // 1, -2.5, 2^-24, +Inf
		data = binary.LittleEndian.AppendUint16(data, h)
	}
	for _, h := range []uint16{0x3f80, 0xc020, 0x0001, 0x7f80} {
		data = binary.LittleEndian.AppendUint16(data, h)
	}
	data = append(data, make([]byte, 16)...)
	// The header's length puts the data at an odd address.
	f, err := open(file(`{"__metadata__":{"format":"pt"},
		"f32":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},
		"f16":{"dtype":"F16","shape":[4],"data_offsets":[16,24]},
		"bf16":{"dtype":"BF16","shape":[1,4],"data_offsets":[24,32]},
		"i64":{"dtype":"I64","shape":[2],"data_offsets":[32,48]},
		"none":{"dtype":"F32","shape":[0,7],"data_offsets":[48,48]}}`, data))
	if err != nil {
		t.Fatal(err)
	}
	inf := float32(math.Inf(1))
	for name, want := range map[string][]float32{
		"f32":  {1, -2.5, 3e-40, inf},
		"f16":  {1, -2.5, 0x1p-24, inf},
		"bf16": {1, -2.5, math.Float32frombits(1 << 16), inf},
		"none": {},
	} {
		tensor := f.tensors[name]
		got := make([]float32, tensor.Len())
		if err := tensor.Read(got, 0); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		if len(want) == 4 {
			if err := tensor.Read(got[:2], 1); err != nil || !slices.Equal(got[:2], want[1:3]) {
				t.Errorf("%s from 1: got %v, %v", name, got[:2], err)
			}
			for _, from := range []int{-1, 1, 5, math.MaxInt} {
				if err := tensor.Read(got, from); !errors.Is(err, ErrRange) {
					t.Errorf("%s from %d: got %v, want ErrRange", name, from, err)
				}
			}
		}
	}
	if err := f.tensors["i64"].Read(make([]float32, 2), 0); !errors.Is(err, ErrType) {
		t.Errorf("i64: got %v, want ErrType", err)
	}
	if f.tensors["other"] != nil {
		t.Error("a tensor that is not there")
	}
	var names []string
	for tensor := range f.Tensors() {
		names = append(names, tensor.Name)
	}
	if want := []string{"bf16", "f16", "f32", "i64", "none"}; !slices.Equal(names, want) {
		t.Errorf("tensors %v, want %v", names, want)
	}
}

// Every binary16 is what its fields say.
func TestHalf(t *testing.T) {
	t.Parallel()
	for h := range 1 << 16 {
		sign, exponent, fraction := h>>15, h>>10&31, float64(h&1023)
		var want float64
		switch exponent {
		case 0:
			want = fraction / 1024 * 0x1p-14
		case 31:
			want = math.Inf(1)
			if fraction != 0 {
				want = math.NaN()
			}
		default:
			want = (1 + fraction/1024) * math.Ldexp(1, exponent-15)
		}
		if sign == 1 {
			want = -want
		}
		got := float64(half(uint16(h)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("%#04x: got %g, want %g", h, got, want)
		}
	}
}

// A tensor longer than Read's buffer, through a real file.
func TestOpen(t *testing.T) {
	t.Parallel()
	const n = 5000
	var data []byte
	want := make([]float32, n)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range want {
		want[i] = r.Float32()
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(want[i]))
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	whole := file(fmt.Sprintf(`{"w":{"dtype":"F32","shape":[50,100],"data_offsets":[0,%d]}}`, 4*n), data)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, n-3)
	if err := f.tensors["w"].Read(got, 3); err != nil || !slices.Equal(got, want[3:]) {
		t.Errorf("got other elements than written: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	// Cut off anywhere, the file is refused when it is opened.
	for _, size := range []int{0, 7, 8, 30, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut to %d bytes: got %v, want ErrCorrupt", size, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	eight := make([]byte, 8)
	for name, b := range map[string][]byte{
		"huge header":      append(binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "{}"...),
		"header over data": file("{}", nil)[:9],
		"not JSON":         file("{", nil),
		"not an object":    file("[]", nil),
		"not a tensor":     file(`{"a":3}`, nil),
		"data left":        file("{}", eight),
		"hole":             file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, eight),
		"overlap":          file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, eight),
		"backwards":        file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, eight),
		"negative":         file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, eight),
		"negative shape":   file(`{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, eight),
		"other size":       file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, eight),
		"overflow":         file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}`, eight),
		"overflow to 0":    file(`{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,8]}}`, eight),
	} {
		if _, err := open(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
	}
	_, err := open(file(`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, eight[:1]))
	if !errors.Is(err, ErrType) || !strings.Contains(err.Error(), `"F4"`) {
		t.Errorf("unknown type: got %v, want ErrType that names it", err)
	}
}

// No file makes the parser panic, and what it accepts can be read to the end.
func FuzzNew(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 8)))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},"__metadata__":{}}`, make([]byte, 8)))
	f.Add(file(`{"a":{"dtype":"F16","shape":[],"data_offsets":[0,2]},"b":{"dtype":"I64","shape":[0],"data_offsets":[2,2]}}`, make([]byte, 2)))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := open(b)
		if err != nil {
			return
		}
		for tensor := range file.Tensors() {
			if err := tensor.Read(make([]float32, tensor.Len()), 0); err != nil && !errors.Is(err, ErrType) {
				t.Errorf("accepted, but: %v", err)
			}
		}
	})
}
