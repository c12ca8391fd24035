package source

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// readEmbedding reads an array of numbers.
func readEmbedding(dec *jsontext.Decoder, name string) ([]float32, error) {
	kind := dec.PeekKind()
	value, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	switch kind {
	case jsontext.KindNull:
		return nil, nil
	case jsontext.KindBeginArray:
		return parseEmbedding(value, name)
	default:
		return nil, fmt.Errorf("field %q must be an array of numbers, not %s", name, kindName(kind))
	}
}

// parseEmbedding parses a valid JSON array of numbers. It avoids tokens, since an
// embedding makes up most of a record.
func parseEmbedding(b []byte, name string) ([]float32, error) {
	out, n := shortEmbedding(b, len(b)/10)
	if n > 0 {
		return out, nil
	}
	for i := 1; i < len(b)-1; {
		switch b[i] {
		case ' ', '\t', '\r', '\n', ',':
			i++
			continue
		}
		end := i
		for end < len(b)-1 && b[end] != ',' && b[end] > ' ' {
			end++
		}
		f, ok := parseFloat32(b[i:end])
		if !ok {
			return nil, fmt.Errorf("field %q: element %d is %s, not a 32-bit float", name, len(out), clip(string(b[i:end])))
		}
		out = append(out, f)
		i = end
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("field %q is an empty array", name)
	}
	return out, nil
}

// shortEmbedding parses the JSON array of numbers that b begins with, and returns its
// length in bytes. Zero means that the array has other elements, or a number that
// shortFloat32 cannot decide. dims is the expected length.
func shortEmbedding(b []byte, dims int) (out []float32, n int) {
	out = make([]float32, 0, min(dims, len(b)/2)) // a number and its comma take two bytes
	i := 1
	for {
		i = skipSpace(b, i)
		var f float32
		n := 0
		if len(b) >= i+fractionRoom {
			f, n = fraction(b[i:])
		}
		if n == 0 {
			if f, n = shortFloat32(b[i:]); n == 0 {
				return nil, 0
			}
		}
		out = append(out, f)
		if i = skipSpace(b, i+n); i == len(b) {
			return nil, 0
		}
		switch b[i] {
		case ',':
			i++
		case ']':
			return out, i + 1
		default:
			return nil, 0
		}
	}
}

// findEmbedding returns where the array of the first field with an embedding's name
// begins in a JSON object, or -1. The text need not be valid: the result is only right
// if the object turns out to be.
func findEmbedding(b []byte, opts *Options) int {
	i := skipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return -1
	}
	for {
		if i = skipSpace(b, i+1); i == len(b) || b[i] != '"' {
			return -1
		}
		end := skipString(b, i)
		if end < 0 {
			return -1
		}
		key := b[i+1 : end-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			return -1 // only the decoder can unescape the name
		}
		if i = skipSpace(b, end); i == len(b) || b[i] != ':' {
			return -1
		}
		if i = skipSpace(b, i+1); i == len(b) {
			return -1
		}
		if opts.role(string(key)) == roleEmbedding {
			if b[i] == '[' {
				return i
			}
			return -1
		}
		if i = skipValue(b, i); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i == len(b) || b[i] != ',' {
			return -1
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skipString returns the index after the string that begins at b[i], or -1.
func skipString(b []byte, i int) int {
	for i++; ; i++ {
		k := bytes.IndexByte(b[i:], '"')
		if k < 0 {
			return -1
		}
		i += k
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

// skipValue returns the index after the value that begins at b[i], or -1.
func skipValue(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			if i = skipString(b, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			i++
		case ',':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}
