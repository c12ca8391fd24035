package store

import (
	"encoding/binary"
	"math"
	"slices"
	"unsafe"
)

// littleEndian says that vectors lie in memory as they do in the store.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// EncodedVector is v as AppendVector encodes it: its own memory, if it can be.
func EncodedVector(v []float32) []byte {
	if littleEndian {
		return slices.Clip(memory(v))
	}
	return AppendVector(nil, v)
}

// AppendVector encodes v as little-endian float32s.
func AppendVector(dst []byte, v []float32) []byte {
	if littleEndian {
		return append(dst, memory(v)...)
	}
	for _, x := range v {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
	}
	return dst
}

// DecodeVector appends the float32s in b to dst.
func DecodeVector(dst []float32, b []byte) []float32 {
	n := len(dst)
	dst = slices.Grow(dst, len(b)/4)[:n+len(b)/4]
	if littleEndian {
		copy(memory(dst[n:]), b)
		return dst
	}
	for i := range dst[n:] {
		dst[n+i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return dst
}

// memory is the memory of v.
func memory(v []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
}
