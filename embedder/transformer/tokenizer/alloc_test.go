//go:build !race

// With the race detector pools forget what they hold.

package tokenizer

import "testing"

// TestNoAllocation: a warm AppendEncode allocates nothing.
func TestNoAllocation(t *testing.T) {
	for _, name := range []string{"xlmr-old", "xlmr-new", "klue"} {
		tok := goldenTokenizer(t, name)
		dst := make([]int32, 0, 1024)
		const text = "<Q>오늘 서울 날씨는 어떤가요? Approximate nearest neighbour search."
		if n := testing.AllocsPerRun(50, func() { dst = tok.AppendEncode(dst[:0], text, true) }); n >= 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
