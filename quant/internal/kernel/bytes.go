package kernel

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// littleEndian is true if a float32 has the same bytes in memory as in a file.
var littleEndian = func() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}()

// Floats views little-endian float32s in b as numbers, without copying. ok is false
// if that is impossible: on a big-endian machine, or if b is not aligned to four
// bytes.
func Floats(b []byte) (v []float32, ok bool) {
	if len(b) < 4 {
		return nil, true
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if !littleEndian || uintptr(p)%4 != 0 {
		return nil, false
	}
	return unsafe.Slice((*float32)(p), len(b)/4), true
}

// Bytes views v as little-endian float32s, without copying. ok is false on a
// big-endian machine.
func Bytes(v []float32) (b []byte, ok bool) {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v)), littleEndian
}

// DecodeFloats appends the little-endian float32s in b to dst.
func DecodeFloats(dst []float32, b []byte) []float32 {
	for ; len(b) >= 4; b = b[4:] {
		dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return dst
}
