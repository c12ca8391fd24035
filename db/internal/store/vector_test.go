package store

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// Vectors are little-endian in the store, whatever they are in memory.
func TestVector(t *testing.T) {
	v := []float32{1, -2.5, math.MaxFloat32, float32(math.Inf(1)), 0}
	want := []byte{9, 0, 0, 128, 63, 0, 0, 32, 192, 255, 255, 127, 127, 0, 0, 128, 127, 0, 0, 0, 0}
	native := littleEndian
	defer func() { littleEndian = native }()
	for _, littleEndian = range []bool{native, false} {
		got := AppendVector([]byte{9}, v)
		if !bytes.Equal(got, want) {
			t.Errorf("little-endian memory %v: %v", littleEndian, got)
		}
		if got := EncodedVector(v); !bytes.Equal(got, want[1:]) || cap(got) != len(got) && littleEndian {
			t.Errorf("little-endian memory %v: %v", littleEndian, got)
		}
		// What is no whole number at the end is left out, and nothing need be aligned.
		if got := DecodeVector([]float32{7}, append(slices.Clone(want), 1, 2, 3)[1:]); !slices.Equal(got, append([]float32{7}, v...)) {
			t.Errorf("little-endian memory %v: %v", littleEndian, got)
		}
		if got := DecodeVector(nil, nil); len(got) != 0 {
			t.Error(got)
		}
	}
}
