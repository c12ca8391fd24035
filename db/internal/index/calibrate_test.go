package index

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// A collection that is searched is calibrated, on whatever it can ask. Odd ones take no
// harm.
func TestCalibrates(t *testing.T) {
	for name, set := range map[string]Settings{
		"heads":        {Dims: 8, HeadDims: 4},
		"whole":        {Dims: 8},
		"notail":       {Dims: 8, HeadDims: 4, NoTail: true},
		"oversampling": {Dims: 8, HeadDims: 4, Oversampling: 3},
		"one":          {Dims: 1},
		"full":         {Dims: 16, HeadDims: 8, Full: true},
		"equal":        {Dims: 2, HeadDims: 1},
		"sentences":    {Dims: 8, HeadDims: 4},
		"failing":      {Dims: 8, HeadDims: 4},
		"received":     {Dims: 8, HeadDims: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set.M, set.EfConstruction = 4, 8
			x := open(t, set)
			puts := x.puts(0, scanBelow+100)
			for i := range puts {
				puts[i].Text = "a text"
			}
			if name == "equal" {
				for i := range puts {
					puts[i].Vector = slices.Clone(puts[0].Vector)
				}
			}
			asked := 0
			switch name {
			case "sentences":
				x.opts.Ask = func(context.Context, string) ([]float32, error) { asked++; return x.vector(), nil }
			case "failing":
				x.opts.Ask = func(context.Context, string) ([]float32, error) { asked++; return nil, errors.New("no model") }
			case "received":
				for range calibrateReal {
					x.questions.offer(x.vector())
				}
			}
			x.upsert(puts...)
			x.background.Wait()
			if n := x.calibration.Load().Documents; n != 0 {
				t.Errorf("calibrated with %d documents before the first search", n)
			}
			if m, _, err := x.search(puts[3].Vector, 5); err != nil || len(m) != 5 {
				t.Error(m, err)
			}
			x.background.Wait()
			cal := x.calibration.Load()
			if cal.Documents != len(puts) || (cal.Received > 0) != (name == "received") {
				t.Errorf("calibrated with %d documents of %d; received %d", cal.Documents, len(puts), cal.Received)
			}
			if (asked > 0) != (name == "sentences" || name == "failing") {
				t.Errorf("asked for %d sentences", asked)
			}
			if name == "equal" { // nothing can be told apart
				return
			}
			if cal.Questions < calibrateReal {
				t.Errorf("calibrated with %d questions", cal.Questions)
			}
			for i, k := range calibrateK {
				for j, recall := range recalls {
					if n := cal.Sketches[i][j]; n < float64(k) || j > 0 && n < cal.Sketches[i][j-1] {
						t.Errorf("%g candidates for %d results at recall %g", n, k, recall)
					}
				}
			}
		})
	}
}

// What was measured, and the questions that it was measured with, are there after
// reopening, unless the file is damaged or of another collection.
func TestQuestionsAreKept(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 8, HeadDims: 4})
	puts := x.puts(0, scanBelow+100)
	x.upsert(puts...)
	for range calibrateReal {
		if _, _, err := x.search(x.vector(), 5); err != nil {
			t.Fatal(err)
		}
		x.background.Wait() // a question that meets a calibration may be left out
	}
	x.calibrateSoon()
	x.background.Wait()
	was, seen := *x.calibration.Load(), x.questions.seen
	if was.Received == 0 || len(x.questions.vectors) == 0 {
		t.Fatalf("%d questions; received: %v", len(x.questions.vectors), was.Received)
	}
	first := slices.Clone(x.questions.vectors[0])
	x.reopen()
	if *x.calibration.Load() != was || x.questions.seen != seen || !slices.Equal(x.questions.vectors[0], first) {
		t.Errorf("after reopening: %+v, %d questions seen", *x.calibration.Load(), x.questions.seen)
	}
	x.opts.NoQuestions = true
	x.reopen()
	if len(x.questions.vectors) != 0 {
		t.Error("questions are kept against the option")
	}
	if _, _, err := x.search(first, 5); err != nil || len(x.questions.vectors) != 0 {
		t.Error("questions are received against the option", err)
	}
}
