package quant_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/quant"
)

// DotBytes is Dot, wherever the bytes begin.
func TestDotBytes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 7, 192, 384, 385} {
		a, v := make([]float32, n), make([]float32, n)
		for i := range a {
			a[i], v[i] = rng.Float32()-0.5, rng.Float32()-0.5
		}
		want := quant.Dot(a, v)
		for shift := range 5 {
			b := make([]byte, shift, shift+4*n)
			for _, x := range v {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
			if got := quant.DotBytes(a, b[shift:]); got != want {
				t.Errorf("%d dims at offset %d: %v, want %v", n, shift, got, want)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a vector of the wrong length was taken")
		}
	}()
	quant.DotBytes(make([]float32, 3), make([]byte, 13))
}

// Vectors are little-endian in files, and come back from wherever they begin.
func TestBytes(t *testing.T) {
	t.Parallel()
	v := []float32{1, -2.5, math.MaxFloat32, float32(math.Inf(1)), 0}
	want := []byte{0, 0, 128, 63, 0, 0, 32, 192, 255, 255, 127, 127, 0, 0, 128, 127, 0, 0, 0, 0}
	got := quant.Bytes(v)
	if !bytes.Equal(got, want) || cap(got) != len(got) {
		t.Errorf("%v of capacity %d, want %v", got, cap(got), want)
	}
	for shift := range 5 {
		b := append(make([]byte, shift, 64), want...)
		if got := quant.AppendFloats([]float32{7}, append(b, 1, 2, 3)[shift:]); !slices.Equal(got, append([]float32{7}, v...)) {
			t.Errorf("at offset %d: %v", shift, got)
		}
	}
	if b, v := quant.Bytes(nil), quant.AppendFloats(nil, nil); len(b)+len(v) != 0 {
		t.Error(b, v)
	}
}
