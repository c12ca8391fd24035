package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
)

// The types of metadata values, as they are stored.
const (
	typeString byte = iota + 1
	typeFalse
	typeTrue
	typeInt
	typeFloat
	typeTime
	typeStrings
	typeInts
	typeFloats
)

// AppendMetadata encodes m: for each key in order, the key, a type byte and the
// value. Strings are preceded by their length.
func AppendMetadata(dst []byte, m map[string]any) []byte {
	var buf [16]string
	keys := buf[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		dst = appendString(dst, k)
		dst = AppendValue(dst, m[k])
	}
	return dst
}

// AppendValue encodes one metadata value. The caller has checked its type.
func AppendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(append(dst, typeString), v)
	case bool:
		if v {
			return append(dst, typeTrue)
		}
		return append(dst, typeFalse)
	case int64:
		return binary.AppendVarint(append(dst, typeInt), v)
	case float64:
		return binary.LittleEndian.AppendUint64(append(dst, typeFloat), math.Float64bits(v))
	case time.Time:
		dst = binary.AppendVarint(append(dst, typeTime), v.Unix())
		return binary.AppendUvarint(dst, uint64(v.Nanosecond()))
	case []string:
		dst = binary.AppendUvarint(append(dst, typeStrings), uint64(len(v)))
		for _, s := range v {
			dst = appendString(dst, s)
		}
		return dst
	case []int64:
		dst = binary.AppendUvarint(append(dst, typeInts), uint64(len(v)))
		for _, n := range v {
			dst = binary.AppendVarint(dst, n)
		}
		return dst
	case []float64:
		dst = binary.AppendUvarint(append(dst, typeFloats), uint64(len(v)))
		for _, f := range v {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f))
		}
		return dst
	default:
		panic(fmt.Sprintf("store: metadata value of type %T was not checked", v))
	}
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// DecodeMetadata decodes what AppendMetadata wrote.
func DecodeMetadata(b []byte) (map[string]any, error) {
	m := make(map[string]any)
	for len(b) > 0 {
		key, rest, ok := cut(b)
		if !ok {
			return nil, fmt.Errorf("%w: metadata ends within a key", ErrCorrupt)
		}
		v, rest, err := DecodeValue(rest)
		if err != nil {
			return nil, fmt.Errorf("metadata field %q: %w", key, err)
		}
		m[string(key)] = v
		b = rest
	}
	return m, nil
}

// DecodeValue decodes one value and returns the bytes after it.
func DecodeValue(b []byte) (v any, rest []byte, err error) {
	bad := fmt.Errorf("%w: metadata value", ErrCorrupt)
	if len(b) == 0 {
		return nil, nil, bad
	}
	t := b[0]
	b = b[1:]
	switch t {
	case typeString:
		s, rest, ok := cut(b)
		if !ok {
			return nil, nil, bad
		}
		return string(s), rest, nil
	case typeFalse, typeTrue:
		return t == typeTrue, b, nil
	case typeInt:
		n, k := binary.Varint(b)
		if k <= 0 {
			return nil, nil, bad
		}
		return n, b[k:], nil
	case typeFloat:
		if len(b) < 8 {
			return nil, nil, bad
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), b[8:], nil
	case typeTime:
		sec, k := binary.Varint(b)
		if k <= 0 {
			return nil, nil, bad
		}
		ns, l := binary.Uvarint(b[k:])
		if l <= 0 || ns >= 1e9 {
			return nil, nil, bad
		}
		return time.Unix(sec, int64(ns)).UTC(), b[k+l:], nil
	case typeStrings:
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)) {
			return nil, nil, bad
		}
		b = b[k:]
		list := make([]string, 0, min(n, 64))
		for range n {
			s, rest, ok := cut(b)
			if !ok {
				return nil, nil, bad
			}
			list, b = append(list, string(s)), rest
		}
		return list, b, nil
	case typeInts, typeFloats:
		return decodeNumbers(t, b)
	}
	return nil, nil, bad
}

// decodeNumbers decodes a list of numbers.
func decodeNumbers(t byte, b []byte) (v any, rest []byte, err error) {
	bad := fmt.Errorf("%w: metadata value", ErrCorrupt)
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)) {
		return nil, nil, bad
	}
	b = b[k:]
	if t == typeInts {
		list := make([]int64, n)
		for i := range list {
			x, k := binary.Varint(b)
			if k <= 0 {
				return nil, nil, bad
			}
			list[i], b = x, b[k:]
		}
		return list, b, nil
	}
	if n > uint64(len(b))/8 {
		return nil, nil, bad
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return list, b[8*n:], nil
}
