package builtin

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// The weights file, little-endian; tools/train writes it, and a new layout
// gets a new magic.
//
//	┌────────────────────────────────────────────────────────────┐
//	│ magic "FRNYBAG1"                                   8 bytes │
//	│ P pieces, R fallback rows, D dims, L text bytes  4 × uint32│
//	│ pieces, each ended by a newline          L bytes, 8-aligned│
//	│ log probability of each piece                P × float32   │
//	│ weight of each row in a query          (P+R) × float32     │
//	│ weight of each row in a passage        (P+R) × float32     │
//	│ rows: each dimension plus 128        (P+R) × D bytes       │
//	└────────────────────────────────────────────────────────────┘
//
// Pieces come first among the rows. A rune that no piece covers has one of the fallback
// rows. Weights are stored by role, and are all that distinguishes a query from a
// passage.
const magic = "FRNYBAG1"

// modelFile is never written to.
//
//go:embed model.bin
var modelFile []byte

// modelHash is the SHA-256 sum of model.bin, stored beside it so that the program need
// not read all of it at startup. A test compares the two.
//
//go:embed model.sha256
var modelHash string

// role is what a text is embedded as.
type role int

const (
	query role = iota
	passage
)

// model is the parsed weights file. The rows stay where the linker put them: they are
// not copied, and only the pages in use are ever read.
type model struct {
	*unigram
	weights  [2][]float32 // by role and row
	fallback int          // the first fallback row; they end the rows
	start    int32        // the piece that is only the mark of a word's start, or -1
	rows     []byte
}

// loaded parses the embedded weights, once per process.
var loaded = sync.OnceValue(func() *model {
	m, err := parseModel(modelFile)
	if err != nil {
		panic("builtin: " + err.Error()) // a broken build, not a user's input
	}
	return m
})

func parseModel(file []byte) (*model, error) {
	le := binary.LittleEndian
	if len(file) < 24 || string(file[:8]) != magic {
		return nil, fmt.Errorf("weights: no %q at the start", magic)
	}
	head := file[8:24]
	pieces, fallback := int(le.Uint32(head)), int(le.Uint32(head[4:]))
	dims, textLen := int(le.Uint32(head[8:])), int(le.Uint32(head[12:]))
	rows := pieces + fallback
	rest := file[24:]
	if dims != Dims || pieces == 0 || fallback == 0 ||
		len(rest) != textLen+4*pieces+2*4*rows+rows*Dims {
		return nil, fmt.Errorf("weights: %d bytes do not hold %d pieces and %d fallback rows of %d dims", len(file), pieces, fallback, dims)
	}
	names := strings.Split(string(bytes.TrimRight(rest[:textLen], "\n")), "\n")
	if len(names) != pieces {
		return nil, fmt.Errorf("weights: %d pieces named, want %d", len(names), pieces)
	}
	rest = rest[textLen:]
	floats := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = math.Float32frombits(le.Uint32(rest[4*i:]))
		}
		rest = rest[4*n:]
		return out
	}
	m := &model{fallback: pieces, start: int32(slices.Index(names, string(wordStart)))}
	m.unigram = newUnigram(names, floats(pieces))
	m.weights[query], m.weights[passage] = floats(rows), floats(rows)
	m.rows = rest
	return m, nil
}

// row returns the row of a piece that segment yielded.
func (m *model) row(piece int32) int32 {
	if piece >= 0 {
		return piece
	}
	r := -2 - piece
	n := len(m.weights[query]) - m.fallback
	return int32(m.fallback) + int32(fnv(fnvOffset, r)>>32%uint64(n))
}
