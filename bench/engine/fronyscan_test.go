package engine

import (
	"math"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/bench/dataset"
	"github.com/fronyai/frony-db/internal/topk"
)

// TestScanKeepsTheBest compares what a scan keeps with the estimates of all rows.
func TestScanKeepsTheBest(t *testing.T) {
	const n, dims = 5000, 96
	base, query := dataset.Generate(n, 5, dims, 7)
	s, err := dataset.New("test", dims, 48, base, query)
	if err != nil {
		t.Fatal(err)
	}
	f := &FronyScan{}
	if _, err := f.Build(t.Context(), s, ""); err != nil {
		t.Fatal(err)
	}
	all := make([]uint32, n)
	for i := range all {
		all[i] = uint32(i)
	}
	scores := make([]float32, n)
	for q := range s.Queries() {
		sq := f.sketches.Query(s.Query[q*dims : (q+1)*dims])
		f.sketches.Estimate(sq, all, scores)
		order := slices.SortedFunc(slices.Values(scores), func(a, b float32) int { return int(math.Copysign(1, float64(b-a))) })
		for _, want := range []int{1, 20, 300, n} {
			best := topk.Best{Want: want}
			f.scan(sq, &best)
			got := best.Nodes()
			if len(got) != want {
				t.Fatalf("query %d: %d rows, want %d", q, len(got), want)
			}
			for _, id := range got {
				if scores[id] < order[want-1] {
					t.Errorf("query %d: row %d has %g, the last of %d has %g", q, id, scores[id], want, order[want-1])
				}
			}
		}
	}
}
