package lexical

import (
	_ "embed"
	"encoding/binary"
	"math"
)

// asking lists the terms that ask, whatever is asked about (무엇, 어떻게, what, tell), in
// the layout of everyday: a byte is 16 × the logarithm of how much more often a question
// has the term than another text. See learn.
//
//go:embed asking.bin
var asking string

// askingWeight is what is left of the weight of such a term: 1 divided by that. The
// collection can't tell: its texts answer, and 무엇 is as rare in them as a name.
var askingWeight = func() map[uint32]float64 {
	n := len(asking) / 5
	m := make(map[uint32]float64, n)
	for i := range n {
		m[binary.LittleEndian.Uint32([]byte(asking[4*i:]))] = math.Exp(-float64(asking[4*n+i]) / 16)
	}
	return m
}()
