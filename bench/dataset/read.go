package dataset

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// Read reads vectors from a file by its extension: .fvecs (int32 dimension before
// each row), .npy (a two-dimensional array of little-endian float32 in C order),
// .jsonl (a line for each vector, an array of numbers or an object with one in
// "embedding"). It returns the rows one after the other and their dimension.
func Read(path string) (rows []float32, dims int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() //nolint:errcheck // only read
	r := bufio.NewReaderSize(f, 1<<20)
	switch ext := filepath.Ext(path); ext {
	case ".fvecs":
		rows, dims, err = readFvecs(r)
	case ".npy":
		rows, dims, err = readNpy(r)
	case ".jsonl":
		rows, dims, err = readJSONL(r)
	default:
		err = fmt.Errorf("vectors in a %q file: want .fvecs, .npy or .jsonl", ext)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	return rows, dims, nil
}

func readFvecs(r io.Reader) (rows []float32, dims int, err error) {
	var head [4]byte
	var row []byte
	for {
		if _, err := io.ReadFull(r, head[:]); err == io.EOF {
			return rows, dims, nil
		} else if err != nil {
			return nil, 0, err
		}
		d := int(int32(binary.LittleEndian.Uint32(head[:])))
		if d < 1 || d > 1<<16 || dims != 0 && d != dims {
			return nil, 0, fmt.Errorf("row of %d dimensions after rows of %d", d, dims)
		}
		if dims == 0 {
			dims, row = d, make([]byte, 4*d)
		}
		if _, err := io.ReadFull(r, row); err != nil {
			return nil, 0, err
		}
		rows = appendFloats(rows, row)
	}
}

func appendFloats(dst []float32, b []byte) []float32 {
	for ; len(b) >= 4; b = b[4:] {
		dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return dst
}

var npyHeader = regexp.MustCompile(`^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\),? *\}`)

func readNpy(r io.Reader) (rows []float32, dims int, err error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, err
	}
	if string(head[:7]) != "\x93NUMPY\x01" {
		return nil, 0, fmt.Errorf("begins with %q: not a version 1 .npy file", head[:7])
	}
	text := make([]byte, binary.LittleEndian.Uint16(head[8:]))
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, 0, err
	}
	m := npyHeader.FindSubmatch(text)
	if m == nil {
		return nil, 0, fmt.Errorf("header %q: want a two-dimensional '<f4' array in C order", text)
	}
	dims, _ = strconv.Atoi(string(m[2]))
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, 0, err
	}
	if n, _ := strconv.Atoi(string(m[1])); dims < 1 || len(b) != 4*n*dims {
		return nil, 0, fmt.Errorf("%d bytes for an array of %s × %s", len(b), m[1], m[2])
	}
	return appendFloats(make([]float32, 0, len(b)/4), b), dims, nil
}

func readJSONL(r io.Reader) (rows []float32, dims int, err error) {
	d := json.NewDecoder(r)
	for line := 1; ; line++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF {
			return rows, dims, nil
		} else if err != nil {
			return nil, 0, fmt.Errorf("line %d: %w", line, err)
		}
		var v []float32
		if err := json.Unmarshal(raw, &v); err != nil {
			var o struct{ Embedding []float32 }
			if err := json.Unmarshal(raw, &o); err != nil {
				return nil, 0, fmt.Errorf("line %d: %w", line, err)
			}
			v = o.Embedding
		}
		if len(v) == 0 || dims != 0 && len(v) != dims {
			return nil, 0, fmt.Errorf("line %d: vector of %d dimensions after vectors of %d", line, len(v), dims)
		}
		dims = len(v)
		rows = append(rows, v...)
	}
}
