package attr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/fronyai/frony-db/db/internal/store"
)

// ErrCorrupt is returned by Decode when the bytes are damaged.
var ErrCorrupt = errors.New("metadata columns are damaged")

// Append appends the encoded columns: for each its name, its dictionary, and the
// numbers of its nodes. The caller adds a checksum.
func (x *Index) Append(dst []byte) []byte {
	x.mu.RLock()
	defer x.mu.RUnlock()
	dst = binary.AppendUvarint(dst, uint64(len(x.columns)))
	for _, name := range slices.Sorted(maps.Keys(x.columns)) {
		c := x.columns[name]
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = append(dst, name...)
		dst = binary.AppendUvarint(dst, uint64(len(c.dict)))
		for _, v := range c.dict {
			dst = store.AppendValue(dst, v)
		}
		dst = binary.AppendUvarint(dst, uint64(len(c.nodes)))
		for _, p := range c.nodes {
			dst = binary.LittleEndian.AppendUint32(dst, p)
		}
	}
	return dst
}

// Decode decodes what Append encoded.
func Decode(b []byte) (*Index, error) {
	x := New()
	n, b, err := number(b)
	if err != nil {
		return nil, err
	}
	for range n {
		var name string
		c := &column{lookup: make(map[string]uint32)}
		if name, b, err = text(b); err != nil {
			return nil, err
		}
		if b, err = c.decode(b); err != nil {
			return nil, fmt.Errorf("column %q: %w", name, err)
		}
		x.columns[name] = c
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", ErrCorrupt, len(b))
	}
	return x, nil
}

func (c *column) decode(b []byte) ([]byte, error) {
	n, b, err := number(b)
	if err != nil {
		return nil, err
	}
	c.compactAt = math.MaxInt // the nodes follow the values
	for range n {
		v, rest, err := store.DecodeValue(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if int(c.position(v)) != len(c.dict) {
			return nil, fmt.Errorf("%w: a value occurs twice", ErrCorrupt)
		}
		b = rest
	}
	if n, b, err = number(b); err != nil {
		return nil, err
	}
	if n > uint64(len(b)/4) {
		return nil, fmt.Errorf("%w: truncated", ErrCorrupt)
	}
	c.nodes = make([]uint32, n)
	for i := range c.nodes {
		c.nodes[i] = binary.LittleEndian.Uint32(b[4*i:])
		if int(c.nodes[i]) > len(c.dict) {
			return nil, fmt.Errorf("%w: node %d has value %d of %d", ErrCorrupt, i, c.nodes[i], len(c.dict))
		}
	}
	c.compactAt = 2 * len(c.dict)
	return b[4*n:], nil
}

func number(b []byte) (uint64, []byte, error) {
	n, k := binary.Uvarint(b)
	if k <= 0 {
		return 0, nil, fmt.Errorf("%w: truncated", ErrCorrupt)
	}
	return n, b[k:], nil
}

func text(b []byte) (string, []byte, error) {
	n, b, err := number(b)
	if err != nil {
		return "", nil, err
	}
	if n > uint64(len(b)) {
		return "", nil, fmt.Errorf("%w: truncated", ErrCorrupt)
	}
	return string(b[:n]), b[n:], nil
}
