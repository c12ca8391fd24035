package db

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// Collections whose heads propose candidates are calibrated, unless their
// oversampling is given. Odd ones take no harm.
func TestCalibrates(t *testing.T) {
	d, err := Open(t.TempDir(), &Options{SyncEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for name, o := range map[string]CollectionOptions{
		"heads":        {Dims: 8, HeadDims: 4},
		"whole":        {Dims: 8},
		"notail":       {Dims: 8, HeadDims: 4, NoTail: true},
		"oversampling": {Dims: 8, HeadDims: 4, Oversampling: 3},
		"one":          {Dims: 1},
		"equal":        {Dims: 2, HeadDims: 1},
	} {
		t.Run(name, func(t *testing.T) {
			o.M, o.EfConstruction = 4, 8
			c, err := d.Collection(t.Context(), name, &o)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(31, 32))
			docs := make([]Document, calibrateFrom)
			for i := range docs {
				docs[i] = given(rng, fmt.Sprint(i), o.Dims)
				if name == "equal" {
					docs[i].Embedding = []float32{1, 1}
				}
			}
			if _, err := c.Insert(t.Context(), docs...); err != nil {
				t.Fatal(err)
			}
			c.background.Wait()
			want := 0
			if name == "heads" || name == "equal" {
				want = len(docs)
			}
			if size := c.calibration.Load().Size; size != want {
				t.Errorf("calibrated with %d documents of %d, want %d", size, len(docs), want)
			}
			for i, per := range c.calibration.Load().PerResult {
				if per < 1 || per > perResultMax {
					t.Errorf("%g candidates a result at recall %g", per, recalls[i])
				}
			}
			if m, err := c.Search(t.Context(), Query{Embedding: docs[3].Embedding, K: 5}); err != nil || len(m) != 5 {
				t.Error(m, err)
			}
		})
	}
}
