package filter

import (
	"encoding/binary"
	"math"
)

// AppendKey appends an encoding of v that sorts, byte by byte, as Compare does,
// and is equal for equal values: 3 and 3.0, or one instant in two time zones.
// No key is a prefix of another, so keys can be followed by something else, and
// all keys of one type share their first byte, which is the Type.
//
//	bool    1 │ 0 or 1
//	number  2 │ floor to float64, ordered (8) │ what the floor left, big-endian (2)
//	time    3 │ seconds, sign flipped, big-endian (8) │ nanoseconds (4)
//	string  4 │ bytes, 00 as 00 FF │ 00 01
//
// A float64 holds 53 bits, an int64 up to 63: rounded down, at most 2^10 - 1 is
// left.
func (v Value) AppendKey(dst []byte) []byte {
	dst = append(dst, byte(v.typ))
	switch v.typ {
	case TypeBool:
		return append(dst, byte(v.i))
	case TypeNumber:
		floor, rest := v.num, int64(0)
		if !v.float {
			floor, rest = floorFloat(v.i)
		}
		dst = binary.BigEndian.AppendUint64(dst, orderedBits(floor))
		return binary.BigEndian.AppendUint16(dst, uint16(rest))
	case TypeTime:
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.i)^1<<63)
		return binary.BigEndian.AppendUint32(dst, uint32(v.nanos))
	case TypeString:
		for i := range len(v.text) {
			dst = append(dst, v.text[i])
			if v.text[i] == 0 {
				dst = append(dst, 0xff)
			}
		}
		return append(dst, 0, 1)
	}
	return dst
}

// floorFloat is the largest float64 that is at most i, and what is left of i.
func floorFloat(i int64) (f float64, rest int64) {
	f = float64(i)
	if f >= math.MaxInt64 || int64(f) > i { // rounded up; 2^63 is no int64
		f = math.Nextafter(f, math.Inf(-1))
	}
	return f, i - int64(f)
}

// orderedBits maps a float64 to bits that sort as the number does.
func orderedBits(f float64) uint64 {
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}
