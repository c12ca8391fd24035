package builtin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestHashIsOfTheWeights(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(modelFile)
	if got, want := hex.EncodeToString(sum[:]), strings.TrimSpace(modelHash); got != want {
		t.Errorf("model.bin has SHA-256 %s, model.sha256 says %s", got, want)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	const limit = 20_000_000
	if len(modelFile) > limit {
		t.Errorf("model.bin has %d bytes, want at most %d", len(modelFile), limit)
	}
}

// TestGolden compares words, pieces and vectors with what the training code
// made of the same texts (tools/train/export.py writes the file).
func TestGolden(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text    string
		Words   []string
		Rows    []int32
		Query   []float64 // the first dimensions
		Passage []float64
	}
	if err := json.Unmarshal(file, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 40 {
		t.Fatalf("%d golden cases, want at least 40", len(cases))
	}
	m, b := loaded(), new(bag)
	for _, c := range cases {
		var words []string
		var rows []int32
		eachWord(c.Text, nil, func(word []rune) {
			words = append(words, string(word))
			start := len(rows)
			m.segment(&b.lattice, word, func(piece int32) { rows = append(rows, m.row(piece)) })
			slices.Reverse(rows[start:])
		})
		if !slices.Equal(words, c.Words) {
			t.Errorf("%q: words %q, want %q", c.Text, words, c.Words)
			continue
		}
		if !slices.Equal(rows, c.Rows) {
			t.Errorf("%q: rows %v, want %v", c.Text, rows, c.Rows)
			continue
		}
		for kind, want := range [][]float64{query: c.Query, passage: c.Passage} {
			got := b.embed(m, role(kind), c.Text)
			for d := range want {
				if math.Abs(float64(got[d])-want[d]) > 2e-4 {
					t.Errorf("%q as role %d, dimension %d: %v, want %v", c.Text, kind, d, got[d], want[d])
					break
				}
			}
		}
	}
}

// TestAddRows compares the packed sum with a plain one.
func TestAddRows(t *testing.T) {
	t.Parallel()
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	m := loaded()
	n := len(m.weights[query])
	for round := range 50 {
		rows := make([]int32, 1+rng.IntN(chunk))
		weights := make([]uint32, len(rows))
		for i := range rows {
			rows[i] = int32(rng.IntN(n))
			weights[i] = uint32(rng.IntN(math.MaxUint16 + 1))
			if round == 0 {
				weights[i] = math.MaxUint16
			}
		}
		var got, want [Dims]uint64
		m.addRows(&got, rows, weights)
		for i, row := range rows {
			for d := range want {
				want[d] += uint64(m.rows[int(row)*Dims+d]) * uint64(weights[i])
			}
		}
		// Lanes are in the order of bytes, sums in the order of dimensions.
		if got != want {
			t.Fatalf("round %d (seed %d): sums of %d rows differ", round, seed, len(rows))
		}
	}
}

func TestParseModelRefusesBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"empty":        nil,
		"short":        modelFile[:20],
		"other magic":  append([]byte("FRNYBAG0"), modelFile[8:]...),
		"cut":          modelFile[:len(modelFile)-1],
		"zero pieces":  slices.Concat(modelFile[:8], make([]byte, 4), modelFile[12:]),
		"other dims":   slices.Concat(modelFile[:16], []byte{1, 0, 0, 0}, modelFile[20:]),
		"bytes beyond": append(slices.Clone(modelFile), 0),
	} {
		if _, err := parseModel(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestPiecesHaveTheirOwnHashes holds what lookups by hash alone rely on.
func TestPiecesHaveTheirOwnHashes(t *testing.T) {
	t.Parallel()
	u := loaded().unigram
	seen := make(map[int32]bool)
	for _, s := range u.slots {
		if s.hash != 0 && s.piece != noPiece {
			seen[s.piece] = true
		}
	}
	if len(seen) != len(u.scores) {
		t.Errorf("%d pieces found by hash, want %d", len(seen), len(u.scores))
	}
}
