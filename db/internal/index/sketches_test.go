package index

import (
	"slices"
	"testing"
)

// Documents that came after a search began are not found, and take no place of those
// that it sees, whether they are few or nearly all.
func TestSketchesSee(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]int{"none": 0, "few": 20, "most": 5000} {
		for codes, set := range map[string]Settings{"full": {Dims: 64, Full: true}, "heads": {Dims: 64, HeadDims: 32}, "no tail": {Dims: 64, HeadDims: 32, NoTail: true}} {
			x := open(t, set)
			x.upsert(x.puts(0, 1000)...)
			r, err := x.Read()
			if err != nil {
				t.Fatal(err)
			}
			x.upsert(x.puts(1000, later)...)
			for range 10 {
				s := &search{Reader: r, q: &Query{K: 10, Vector: x.vector()}, trace: new(Trace), cores: 1, spare: 1}
				want, err := s.exact(t.Context(), 10)
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.sketches(t.Context(), 10, 600)
				if err != nil || len(got) != 10 {
					t.Fatalf("%s, %s: %d results, %v", name, codes, len(got), err)
				}
				missed := slices.DeleteFunc(want, func(a scored) bool {
					return slices.ContainsFunc(got, func(b scored) bool { return b.node == a.node })
				})
				if len(missed) > 1 {
					t.Errorf("%s, %s: missed %d of 10", name, codes, len(missed))
				}
			}
			r.Close()
		}
	}
}
