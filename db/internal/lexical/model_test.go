package lexical

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A model is the formula of BM25 over a map, with the constants that
// docs/lexical.md promises.
type model struct {
	docs map[uint32]map[uint64]int

	dfs    map[uint64]int // nil after a change
	length int
}

func newModel() *model {
	return &model{docs: make(map[uint32]map[uint64]int)}
}

func (m *model) add(node uint32, text string) {
	var a analysis
	a.run(text)
	tfs := make(map[uint64]int)
	for _, t := range a.tokens {
		tfs[t.key]++
	}
	m.docs[node] = tfs
	m.dfs = nil
}

// statistics counts the documents of each term, and the length of all.
func (m *model) statistics() (dfs map[uint64]int, length int) {
	if m.dfs != nil {
		return m.dfs, m.length
	}
	dfs = make(map[uint64]int)
	for _, tfs := range m.docs {
		for key, tf := range tfs {
			dfs[key]++
			length += tf
		}
	}
	m.dfs, m.length = dfs, length
	return dfs, length
}

func (m *model) remove(node uint32) {
	delete(m.docs, node)
	m.dfs = nil
}

func (m *model) search(query string, k int, allow func(uint32) bool) []Hit {
	var a analysis
	a.run(query)
	dfs, length := m.statistics()
	average := float64(length) / float64(len(m.docs))
	var hits []Hit
	for node, tfs := range m.docs {
		own := 0
		for _, tf := range tfs {
			own += tf
		}
		norm := 0.9 * (1 - 0.65 + 0.65*float64(own)/average)
		score := 0.0
		for _, t := range a.tokens {
			if tf := float64(tfs[t.key]); tf > 0 {
				score += t.weigh() * idf(len(m.docs), dfs[t.key]) * tf / (tf + norm)
			}
		}
		if score > 0 && (allow == nil || allow(node)) {
			hits = append(hits, Hit{node, float32(score)})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Node, b.Node))
	})
	return hits[:min(k, len(hits))]
}

// same compares two results. Sums of floats depend on their order, so scores
// may differ in the last digits, and documents may change places within them.
func same(got, want []Hit) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d hits, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := float64(got[i].Score), float64(want[i].Score)
		if math.Abs(g-w) > 1e-5*w {
			return fmt.Errorf("hit %d is %v, want %v", i, got[i], want[i])
		}
		if got[i].Node == want[i].Node {
			continue
		}
		tied := slices.ContainsFunc(want, func(h Hit) bool {
			return h.Node == got[i].Node && math.Abs(float64(h.Score)-g) <= 1e-5*w
		})
		if !tied && math.Abs(float64(want[len(want)-1].Score)-g) > 1e-5*w {
			return fmt.Errorf("hit %d is %v, want %v", i, got[i], want[i])
		}
	}
	return nil
}

// seeded returns a generator whose seed is printed when the test fails, and
// can be set to replay it.
func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("LEXICAL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("LEXICAL_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("replay with LEXICAL_SEED=%d go test -run '^%s$'", seed, t.Name())
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// A vocabulary makes texts whose words are as unevenly common as in life.
type vocabulary struct {
	rng   *rand.Rand
	words []string
	zipf  *rand.Zipf
}

func newVocabulary(rng *rand.Rand, n int) *vocabulary {
	v := &vocabulary{rng: rng, zipf: rand.NewZipf(rng, 1.1, 2, uint64(n-1))}
	endings := []string{"", "", "은", "을", "에서", "으로", "합니다", "까지"}
	for range n {
		var b strings.Builder
		switch rng.IntN(4) {
		case 0:
			for range 2 + rng.IntN(6) {
				b.WriteByte(byte('a' + rng.IntN(26)))
			}
			if rng.IntN(4) == 0 {
				fmt.Fprintf(&b, "_%d", rng.IntN(30))
			}
		default:
			for range 1 + rng.IntN(4) {
				b.WriteRune(rune(0xAC00 + 28*rng.IntN(60)))
			}
			b.WriteString(endings[rng.IntN(len(endings))])
		}
		v.words = append(v.words, b.String())
	}
	return v
}

func (v *vocabulary) text(words int) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(v.words[v.zipf.Uint64()])
	}
	return b.String()
}
