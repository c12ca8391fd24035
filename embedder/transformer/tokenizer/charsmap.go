package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/fronyai/frony-db/embedder/transformer/tokenizer/internal/unitext"
)

// charsmap is SentencePiece's precompiled normaliser, as the reference applies
// it. The blob is
//
//	┌──────────────┬───────────────────────┬─────────────────────────┐
//	│ uint32: size │ double array, size    │ replacements, each ends │
//	│ of the array │ bytes of uint32 units │ with a zero byte        │
//	└──────────────┴───────────────────────┴─────────────────────────┘
//
// and a unit of the array (darts-clone) is: bits 0–7 label, bit 8 has a leaf,
// bit 9 the offset is shifted, bits 10–30 offset, bit 31 is a leaf (whose other
// bits are the value: where the replacement begins).
//
// SentencePiece replaces the longest key at each position. The reference, and therefore
// every model that was trained with it, works by grapheme clusters. A cluster of fewer
// than 6 bytes is replaced as a whole by the replacement of its shortest prefix in the
// map, if there is one. Otherwise its characters are replaced one by one.
type charsmap struct {
	tables *unitext.Tables
	units  []uint32
	texts  []byte
	inert  [1 << 16 / 64]uint64 // characters that are clusters of their own and not in the map
}

func newCharsmap(tables *unitext.Tables, encoded string) (*charsmap, error) {
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, err
	}
	if len(blob) < 4 {
		return nil, errors.New("shorter than its header")
	}
	size := binary.LittleEndian.Uint32(blob)
	blob = blob[4:]
	if uint64(size) > uint64(len(blob)) || size%4 != 0 || size == 0 {
		return nil, errors.New("the array's size does not fit the data")
	}
	c := &charsmap{tables: tables, units: make([]uint32, size/4), texts: bytes.Clone(blob[size:])}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(blob[4*i:])
	}
	if !utf8.Valid(c.texts) {
		return nil, errors.New("the replacements are not UTF-8")
	}
	var buf [utf8.UTFMax]byte
	for r := rune(' '); r < 1<<16; r++ {
		if !tables.Alone(r) || !utf8.ValidRune(r) {
			continue
		}
		if _, ok := c.lookup(buf[:utf8.EncodeRune(buf[:], r)]); !ok {
			c.inert[r/64] |= 1 << (r % 64)
		}
	}
	return c, nil
}

// lookup returns the replacement for the shortest key that is a prefix of s.
func (c *charsmap) lookup(s []byte) ([]byte, bool) {
	offset := func(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }
	pos := offset(c.units[0])
	for _, b := range s {
		if b == 0 {
			return nil, false
		}
		pos ^= uint32(b)
		if int(pos) >= len(c.units) {
			return nil, false
		}
		u := c.units[pos]
		if u&(1<<31|0xff) != uint32(b) {
			return nil, false
		}
		if pos ^= offset(u); int(pos) >= len(c.units) {
			return nil, false
		}
		if u&(1<<8) != 0 {
			at := c.units[pos] &^ (1 << 31)
			if int(at) > len(c.texts) {
				return nil, false
			}
			text := c.texts[at:]
			if end := bytes.IndexByte(text, 0); end >= 0 {
				text = text[:end]
			}
			return text, true
		}
	}
	return nil, false
}

// maxCluster is the length from which the reference splits a cluster.
const maxCluster = 6

func (c *charsmap) append(_ *encoder, dst, src []byte) []byte {
	for i := 0; i < len(src); {
		// Copy while characters are inert. The last of them is a cluster of its
		// own only if another inert one, or nothing, follows.
		start, last := i, i
		for i < len(src) {
			n := c.inertLen(src[i:])
			if n == 0 {
				break
			}
			last = i
			i += n
		}
		if i == len(src) {
			return append(dst, src[start:]...)
		}
		if i > start {
			dst = append(dst, src[start:last]...)
			i = last
		}
		n := c.tables.Grapheme(src[i:])
		cluster := src[i : i+n]
		i += n
		if n < maxCluster {
			if text, ok := c.lookup(cluster); ok {
				dst = append(dst, text...)
				continue
			}
		}
		for len(cluster) > 0 {
			_, n := utf8.DecodeRune(cluster)
			if text, ok := c.lookup(cluster[:n]); ok {
				dst = append(dst, text...)
			} else {
				dst = append(dst, cluster[:n]...)
			}
			cluster = cluster[n:]
		}
	}
	return dst
}

// inertLen returns the length of the character that s starts with if it is
// inert, else 0.
func (c *charsmap) inertLen(s []byte) int {
	if s[0] < utf8.RuneSelf {
		return int(c.inert[s[0]/64] >> (s[0] % 64) & 1)
	}
	r, n := utf8.DecodeRune(s)
	if r >= 1<<16 || c.inert[r/64]>>(r%64)&1 == 0 {
		return 0
	}
	return n
}
