package index

import (
	"slices"
	"testing"
)

// Indexes whose heads propose candidates are calibrated, unless their
// oversampling is set. Odd ones take no harm.
func TestCalibrates(t *testing.T) {
	for name, set := range map[string]Settings{
		"heads":        {Dims: 8, HeadDims: 4},
		"whole":        {Dims: 8},
		"notail":       {Dims: 8, HeadDims: 4, NoTail: true},
		"oversampling": {Dims: 8, HeadDims: 4, Oversampling: 3},
		"one":          {Dims: 1},
		"equal":        {Dims: 2, HeadDims: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set.M, set.EfConstruction = 4, 8
			x := open(t, set)
			puts := x.puts(0, calibrateFrom)
			if name == "equal" {
				for i := range puts {
					puts[i].Vector = slices.Clone(puts[0].Vector)
				}
			}
			x.upsert(puts...)
			x.background.Wait()
			want := 0
			if name == "heads" || name == "equal" {
				want = len(puts)
			}
			if size := x.calibration.Load().Size; size != want {
				t.Errorf("calibrated with %d documents of %d, want %d", size, len(puts), want)
			}
			for i, per := range x.calibration.Load().PerResult {
				if per < 1 || per > perResultMax {
					t.Errorf("%g candidates a result at recall %g", per, recalls[i])
				}
			}
			if m, _, err := x.search(puts[3].Vector, 5); err != nil || len(m) != 5 {
				t.Error(m, err)
			}
		})
	}
}
