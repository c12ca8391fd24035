package lexical

import (
	_ "embed"
	"encoding/binary"
)

// everyday lists the 12,000 most frequent terms of everyday texts: their hashes in
// ascending order, four bytes each, then for each a byte, 16 × the logarithm of how
// many texts there are to one that has it. See learn.
//
//go:embed everyday.bin
var everyday string

// everydayRarity is that table.
var everydayRarity = func() map[uint32]uint8 {
	n := len(everyday) / 5
	m := make(map[uint32]uint8, n)
	for i := range n {
		m[binary.LittleEndian.Uint32([]byte(everyday[4*i:]))] = everyday[4*n+i]
	}
	return m
}()

// Everyday is the hash of a term in the tables of everyday terms and of terms that ask.
func Everyday(key uint64) uint32 {
	return uint32(key * 0x9E3779B97F4A7C15 >> 32)
}
