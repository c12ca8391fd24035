package prefetch

import "testing"

// TestList can only show that the hint is harmless, at the end of memory too.
func TestList(t *testing.T) {
	words := make([]uint32, 1024)
	for i := range words {
		words[i] = uint32(i)
		List(&words[i])
	}
	for i, w := range words {
		if w != uint32(i) {
			t.Fatalf("word %d is %d", i, w)
		}
	}
}
