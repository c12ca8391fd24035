package index

import (
	"slices"
	"testing"
)

// A document that the graph has lost is named, and the others are not, in
// however many parts they are asked for.
func TestReachability(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 8, Graph: GraphAlways})
	x.upsert(x.puts(0, 3000)...)
	walk := func(n int) (asked int, lost []string) {
		t.Helper()
		for from := uint32(0); ; {
			r, err := x.Reachability(t.Context(), from, n)
			if err != nil {
				t.Fatal(err)
			}
			if r.Asked > n {
				t.Fatalf("%d documents were asked for, want at most %d", r.Asked, n)
			}
			asked, lost = asked+r.Asked, append(lost, r.Unreachable...)
			if from = r.Next; from == 0 {
				return asked, lost
			}
		}
	}
	if asked, lost := walk(700); asked != 3000 || len(lost) > 0 {
		t.Errorf("%d asked, %v lost", asked, lost)
	}
	if _, err := x.Delete([]string{"5"}); err != nil {
		t.Fatal(err)
	}
	x.graph.delete(100)
	x.graph.delete(2500)
	asked, lost := walk(1)
	if asked != 2999 || len(lost) != 2 || slices.Contains(lost, "") {
		t.Errorf("%d asked, %q lost", asked, lost)
	}
}
