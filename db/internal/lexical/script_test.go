package lexical

import (
	"bytes"
	"testing"
)

// TestForeign asks how foreign the scripts of documents are to questions, also after a
// snapshot and after another question.
func TestForeign(t *testing.T) {
	t.Parallel()
	x := New()
	for node, text := range []string{"서울은 한국의 수도이다", "Seoul is the capital of Korea", "", "서울의 capital, Seoul은 city이다"} {
		x.Add(uint32(node), Fields{Text: text})
	}
	y, err := Read(bytes.NewReader(snapshot(t, x)))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Index{x, y} {
		for range 2 {
			for query, want := range map[string][2]bool{"한국의 수도는 어디인가": {false, true}, "what is the capital of Korea": {true, false}} {
				got := x.Foreign(nil, query, []uint32{0, 1, 2, 3, 77})
				if got[0] > 0 != want[0] || got[1] > 0 != want[1] {
					t.Errorf("%s: Korean and English are foreign by %v", query, got[:2])
				}
				if got[3] >= max(got[0], got[1]) {
					t.Errorf("%s: what is mixed is foreign by %g, others by %v", query, got[3], got[:2])
				}
				if got[4] != 0 {
					t.Errorf("%s: nothing is foreign by %g", query, got[4])
				}
			}
		}
	}
}
