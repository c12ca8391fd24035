package index

import "testing"

// A search takes the cheapest plan that keeps its promise, and the graph only where it
// is asked for or known to serve.
func TestEffort(t *testing.T) {
	t.Parallel()
	x := open(t, Settings{Dims: 8, HeadDims: 4, Graph: GraphAlways})
	x.upsert(x.puts(0, 10)...)
	measured := func(received int, beam int, beamNS, rowNS, codeNS float64) *calibration {
		c := &calibration{Documents: 1, Questions: 96, Received: received, BeamNS: beamNS, RowNS: rowNS, CodeNS: codeNS}
		for i := range calibrateK {
			for j := range recalls {
				c.Sketches[i][j], c.Beams[i][j] = 300, beam
			}
		}
		return c
	}
	long := longScan / 10 * 2 // of a row of the ten that the sketches have
	for name, c := range map[string]struct {
		cal  *calibration
		set  Settings
		q    Query
		live int
		want Plan

		unbuilt bool // there is no graph
	}{
		"exact":                   {live: 1e6, q: Query{Exact: true}, want: PlanExact},
		"recall 1":                {live: 1e6, q: Query{Recall: 1}, want: PlanExact},
		"few":                     {live: exactBelow, want: PlanExactMatches},
		"some":                    {live: scanBelow, want: PlanScan},
		"unmeasured":              {live: 1e6, cal: new(calibration), want: PlanSketches},
		"measured":                {live: 1e6, cal: measured(questionsMost, 64, 1, 1, 1e6), want: PlanSketches},
		"codes are cheaper":       {live: 1e6, cal: measured(questionsMost, 64, 1, 1e6, 1e-9), want: PlanScan},
		"the graph is cheaper":    {live: 1e6, cal: measured(questionsMost, 64, 1, long, 1e6), want: PlanGraph},
		"but not by much":         {live: 1e6, cal: measured(questionsMost, 64, long*10/64, long, 1e6), want: PlanSketches},
		"but not known to serve":  {live: 1e6, cal: measured(questionsMost-1, 64, 1, long, 1e6), want: PlanSketches},
		"but no beam is wide":     {live: 1e6, cal: measured(questionsMost, 0, 1, long, 1e6), want: PlanSketches},
		"asked for":               {live: 1e6, q: Query{EfSearch: 10}, want: PlanGraph},
		"asked for by candidates": {live: 1e6, q: Query{Oversampling: 10}, want: PlanGraph},
		"the collection's":        {live: 1e6, set: Settings{EfSearch: 10}, want: PlanGraph},
		"no graph":                {live: 1e6, cal: measured(questionsMost, 64, 1, long, 1e6), want: PlanSketches, unbuilt: true},
		"no graph is asked for":   {live: 1e6, q: Query{EfSearch: 10}, want: PlanSketches, unbuilt: true},
		"nor by some":             {live: scanBelow, q: Query{Oversampling: 10}, want: PlanScan, unbuilt: true},
		"nor the collection's":    {live: 1e6, set: Settings{Oversampling: 10}, want: PlanSketches, unbuilt: true},
		"but a recall is asked":   {live: 1e6, set: Settings{EfSearch: 10}, q: Query{Recall: 0.9}, cal: new(calibration), want: PlanSketches},
	} {
		y := &Index{opts: x.opts, set: x.set, derived: x.derived}
		y.set.EfSearch, y.set.Oversampling = c.set.EfSearch, c.set.Oversampling
		if c.unbuilt {
			y.graph = new(graph)
		}
		if c.cal == nil {
			c.cal = new(calibration)
		}
		y.calibration.Store(c.cal)
		s := &search{Reader: &Reader{x: y}, q: &c.q}
		open := s.effort(10, 10, c.live)
		if open.plan != c.want {
			t.Errorf("%s: %s, want %s", name, open.plan, c.want)
		}
		if s.graphAsked() && c.unbuilt && open.plan == PlanSketches && open.candidates < c.cal.sketched(10, 0.999) {
			t.Errorf("%s: %d candidates are fewer than for a recall of .999", name, open.candidates)
		}
		s.allowed = allBits(10)
		if got := s.effort(10, 10, c.live); open.plan == PlanSketches && got.candidates != filteredMore*open.candidates {
			t.Errorf("%s: %d candidates, filtered %d", name, open.candidates, got.candidates)
		}
		if c.want == PlanGraph && c.q.EfSearch+c.q.Oversampling+c.set.EfSearch == 0 {
			if got := s.effort(10, 10, c.live); got.plan != PlanSketches {
				t.Errorf("%s, filtered: %s", name, got.plan)
			}
		}
	}
}

// What was measured for 1, 10 and 100 results is interpolated between, and grows in
// proportion beyond.
func TestBetween(t *testing.T) {
	t.Parallel()
	of := func(i int) float64 { return []float64{100, 1000, 4000}[i] }
	last := 0.0
	for k := 1; k <= 1000; k++ {
		got := between(k, of)
		if got < last {
			t.Errorf("%g for %d results, %g for one less", got, k, last)
		}
		last = got
	}
	for k, want := range map[int]float64{1: 100, 10: 1000, 100: 4000, 500: 20_000} {
		if got := between(k, of); got < want*0.999 || got > want*1.001 {
			t.Errorf("%g for %d results, want %g", got, k, want)
		}
	}
}
