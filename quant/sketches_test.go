package quant

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func newSketches(t testing.TB, dims, bits int) *Sketches { return centered(t, dims, bits, nil) }

func centered(t testing.TB, dims, bits int, center []float32) *Sketches {
	t.Helper()
	s, err := NewSketches(dims, bits, center)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// scanAll scans the whole table, in calls of one to five blocks.
func scanAll(s *Sketches, q *SketchQuery, floor float32) ([]float32, []uint64) {
	blocks := s.Blocks()
	scores, over := make([]float32, blocks*SketchRows), make([]uint64, blocks)
	for at, step := 0, 1; at < blocks; step = step%5 + 1 {
		n := min(step, blocks-at)
		s.Scan(q, at, n, floor, scores[at*SketchRows:], over[at:])
		at += n
	}
	return scores, over
}

// sketchOracle is the estimate as it is defined, in float64: the product of the
// query with the codes, divided by that of the row with its codes.
func sketchOracle(rotation *Rotation, bits int, center, q, v []float32) float64 {
	dims := rotation.Dims()
	x, y := slices.Clone(v[:dims]), slices.Clone(q[:dims])
	Normalize(x)
	Normalize(y)
	var base, square float64
	for i, m := range center {
		base += float64(m)*float64(x[i]) + float64(m)*float64(y[i]) - float64(m)*float64(m)
	}
	for i, m := range center {
		x[i], y[i] = x[i]-m, y[i]-m
	}
	rotation.Apply(x, x)
	rotation.Apply(y, y)
	var across, along float64
	for i := range x {
		square += float64(x[i]) * float64(x[i])
	}
	for i := range x {
		c := math.Copysign(1, float64(x[i]))
		if bits == 2 && math.Abs(float64(x[i])) > math.Sqrt(square/float64(dims)) {
			c *= 3
		}
		across += float64(y[i]) * c
		along += float64(x[i]) * c
	}
	return base + across*square/along
}

// TestSketchesEstimateTheCosine compares scans and estimates with the definition in
// float64, and that with the cosine. With a center, half of every vector is the same.
func TestSketchesEstimateTheCosine(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{1, 2} {
		for _, dims := range sketchDims {
			testSketches(t, dims, bits, false)
			testSketches(t, dims, bits, true)
		}
	}
}

func testSketches(t *testing.T, dims, bits int, shifted bool) {
	r := rand.New(rand.NewPCG(22, uint64(dims)))
	var mean []float32
	common := make([]float32, dims)
	if shifted {
		copy(common, gauss(r, dims))
		mean = slices.Clone(common)
		Normalize(mean)
		for i := range mean {
			mean[i] *= math.Sqrt2 / 2
		}
	}
	s := centered(t, dims, bits, mean)
	draw := func() []float32 {
		v := gauss(r, dims)
		for i, x := range common {
			v[i] += x
		}
		return v
	}
	q := draw()
	const rows = 300
	vecs := make([][]float32, rows)
	for id := range vecs {
		vecs[id] = draw()
		near := float32(r.Float64() * 4)
		for i := range vecs[id] {
			vecs[id][i] += near * q[i]
		}
		s.Set(uint32(id), vecs[id])
	}
	query := s.Query(q)
	scores, over := scanAll(s, query, 0.5)
	ids, estimates := make([]uint32, rows), make([]float32, rows)
	for i := range ids {
		ids[i] = uint32(rows - 1 - i)
	}
	s.Estimate(query, ids, estimates)
	peak := 0.0
	for _, x := range query.rotated {
		peak = max(peak, math.Abs(float64(x)))
	}
	if !shifted {
		peak /= length(q)
	}
	var square float64
	for id, v := range vecs {
		want := sketchOracle(s.rotation, bits, mean, q, v)
		got := float64(scores[id])
		// The query's steps are 2/15 of its peak wide; the errors are uniform in a step
		// and independent, so that they add up like a normal distribution.
		sigma := peak * 2 / 15 / math.Sqrt(12) * math.Sqrt(math.Pi/2)
		if bound := 6*sigma + 1e-3; math.Abs(got-want) > bound && dims > 8 {
			t.Errorf("%d bits, %d dims: estimate %g, want %g ± %g", bits, dims, got, want, bound)
		}
		if got := estimates[rows-1-id]; got != scores[id] {
			t.Errorf("%d bits, %d dims: Estimate %g, Scan %g", bits, dims, got, scores[id])
		}
		if above := over[id/SketchRows]>>(id%SketchRows)&1 == 1; above != (scores[id] > 0.5) {
			t.Errorf("%d bits, %d dims: %g above 0.5: %v", bits, dims, scores[id], above)
		}
		square += math.Pow(got-cosine(q, v), 2)
	}
	// The variance of RaBitQ's estimate is (1−cos²)(1/a²−1)/(dims−1), with a the cosine
	// of a vector and its codes: 0.80 of one bit, 0.94 of two. It is of the differences
	// from the center, whose squares are half as long.
	want := []float64{0, 0.75, 0.37}[bits] / math.Sqrt(float64(dims))
	if shifted {
		want /= 2
	}
	if math.Sqrt(square/rows) > 1.2*want && dims > 8 {
		t.Errorf("%d bits, %d dims, center %v: error %g, want %g", bits, dims, shifted, math.Sqrt(square/rows), want)
	}
	if last := over[len(over)-1]; last>>(rows%SketchRows) != 0 {
		t.Errorf("bits of rows that are not there: %b", last)
	}
	if _, over := scanAll(s, query, -5); over[len(over)-1] != 1<<(rows%SketchRows)-1 {
		t.Errorf("above −5: %b", over[len(over)-1])
	}
}

// TestSketchOfTheCenter: nothing is left to be sketched.
func TestSketchOfTheCenter(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{1, 2} {
		center := []float32{0.6, 0, -0.8}
		s := centered(t, 3, bits, center)
		s.Set(0, center)
		s.Set(1, []float32{0.8, 0, 0.6})
		scores := make([]float32, SketchRows)
		s.Scan(s.Query([]float32{0.6, 0, -0.8}), 0, 1, 0, scores, make([]uint64, 1))
		if math.Abs(float64(scores[0])-1) > 1e-6 || math.Abs(float64(scores[1])) > 1e-6 {
			t.Errorf("%d bits: the center as a query: %v", bits, scores[:2])
		}
		s.Scan(s.Query([]float32{0, 1, 0}), 0, 1, 0, scores, make([]uint64, 1))
		if math.Abs(float64(scores[0])) > 1e-6 {
			t.Errorf("%d bits: the center: %g", bits, scores[0])
		}
	}
}

func TestSketchesOfOddVectors(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, bits := range []int{1, 2} {
		s := newSketches(t, 3, bits)
		s.Set(0, []float32{0, 0, 0})
		s.Set(1, []float32{1e-42, 0, 0, 99}) // what follows is not looked at
		s.Set(2, []float32{3e38, -3e38, 3e38})
		s.Set(3, []float32{nan, 1, 1})
		s.Set(4, []float32{inf, 1, 1})
		s.Set(7, []float32{1, -1, 1}) // rows 5 and 6 were never set
		scores := make([]float32, SketchRows)
		for _, v := range [][]float32{{1, -1, 1}, {3e38, -3e38, 3e38}, {1e-40, -1e-40, 1e-40}} {
			s.Scan(s.Query(v), 0, 1, 0, scores, make([]uint64, 1))
			for _, id := range []int{0, 3, 4, 5, 6, 8, 63} {
				if scores[id] != 0 {
					t.Errorf("row %d: %g, want 0", id, scores[id])
				}
			}
			for _, id := range []int{2, 7} {
				if math.Abs(float64(scores[id])-1) > 0.1 {
					t.Errorf("row %d: %g, want 1", id, scores[id])
				}
			}
		}
		for _, v := range [][]float32{{0, 0, 0}, {nan, 0, 1}, {inf, 0, 0}} {
			q := s.Query([]float32{1, 2, 3})
			s.Reset(q, v) // nothing of what it was is left
			s.Scan(q, 0, 1, 0, scores, make([]uint64, 1))
			if slices.Min(scores) != 0 || slices.Max(scores) != 0 {
				t.Errorf("query %v: %v, want zeros", v, scores)
			}
		}
		far := centered(t, 3, bits, []float32{0.3, 0.3, 0.3})
		far.Set(0, []float32{0, 0, 0})
		far.Set(1, []float32{nan, 1, 1})
		far.Scan(far.Query([]float32{1, -1, 1}), 0, 1, 0, scores, make([]uint64, 1))
		if math.Abs(float64(scores[0])) > 0.5 || scores[0] != scores[1] {
			t.Errorf("zeros, far from the center: %v", scores[:2])
		}
		// A row that is set again is another.
		s.Set(0, []float32{1, -1, 1})
		s.Set(7, []float32{0, 0, 0})
		s.Scan(s.Query([]float32{1, -1, 1}), 0, 1, 0, scores, make([]uint64, 1))
		if scores[0] < 0.9 || scores[7] != 0 {
			t.Errorf("after a change: %g and %g", scores[0], scores[7])
		}
	}
}

// TestSketchesGrow sets rows in a random order and compares with a table that had
// them from the first.
func TestSketchesGrow(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ dims, bits, rows int }{{3, 1, 1000}, {384, 1, 40_000}, {4096, 2, 3000}} {
		r := rand.New(rand.NewPCG(23, uint64(size.dims)))
		a, b := newSketches(t, size.dims, size.bits), newSketches(t, size.dims, size.bits)
		codes := make([][]byte, 100)
		for i := range codes {
			codes[i] = make([]byte, a.CodeSize())
			a.Encode(codes[i], gauss(r, size.dims))
		}
		for id := range size.rows {
			a.SetCode(uint32(id), codes[id%len(codes)])
		}
		for i := range size.rows {
			id := (i*7919 + 5) % size.rows // 7919 is prime
			b.SetCode(uint32(id), codes[id%len(codes)])
		}
		if a.Len() != size.rows || b.Len() != size.rows {
			t.Fatalf("%d and %d rows, want %d", a.Len(), b.Len(), size.rows)
		}
		if want := int64(size.rows * a.CodeSize()); a.Bytes() < want || a.Bytes() > want+3<<20 {
			t.Errorf("%d bytes, want %d", a.Bytes(), want)
		}
		q := a.Query(gauss(r, size.dims))
		scoresA, overA := scanAll(a, q, 0.01)
		scoresB, overB := scanAll(b, q, 0.01)
		if !slices.Equal(scoresA, scoresB) || !slices.Equal(overA, overB) {
			t.Errorf("%v: the order of rows matters", size)
		}
		for id := len(codes); id < size.rows; id++ {
			if scoresA[id] != scoresA[id%len(codes)] {
				t.Fatalf("%v: row %d has another estimate than row %d", size, id, id%len(codes))
			}
		}
	}
}

func TestSketchesMisuse(t *testing.T) {
	t.Parallel()
	for _, dims := range []int{-1, 0, MaxDims + 1} {
		if _, err := NewSketches(dims, 1, nil); !errors.Is(err, ErrDims) {
			t.Errorf("NewSketches(%d, 1, nil): %v", dims, err)
		}
	}
	for _, bits := range []int{-1, 0, 3} {
		if _, err := NewSketches(3, bits, nil); !errors.Is(err, ErrBits) {
			t.Errorf("NewSketches(3, %d, nil): %v", bits, err)
		}
	}
	for _, center := range [][]float32{{}, {1, 0}, {1, 1, 1}, {float32(math.NaN()), 0, 0}} {
		if _, err := NewSketches(3, 1, center); !errors.Is(err, ErrCenter) {
			t.Errorf("NewSketches(3, 1, %v): %v", center, err)
		}
	}
	s := newSketches(t, 3, 1)
	s.Set(70, []float32{1, 2, 3})
	q := s.Query([]float32{1, 2, 3})
	scores, over := make([]float32, 2*SketchRows), make([]uint64, 2)
	s.Scan(q, 2, 0, 0, nil, nil) // nothing is no mistake
	for _, f := range []func(){
		func() { s.Set(0, []float32{1, 2}) },
		func() { s.Set(math.MaxUint32, []float32{1, 2, 3}) },
		func() { s.SetCode(0, make([]byte, 5)) },
		func() { s.Encode(make([]byte, 5), []float32{1, 2, 3}) },
		func() { s.Query([]float32{1, 2}) },
		func() { s.Scan(q, 0, 3, 0, make([]float32, 999), make([]uint64, 99)) },
		func() { s.Scan(q, -1, 1, 0, scores, over) },
		func() { s.Scan(q, 0, -1, 0, scores, over) },
		func() { s.Scan(q, 0, 2, 0, scores[:SketchRows:SketchRows], over) },
		func() { s.Scan(q, 0, 2, 0, scores, over[:1:1]) },
		func() { s.Scan(newSketches(t, 3, 2).Query([]float32{1, 2, 3}), 0, 1, 0, scores, over) },
		func() { s.Scan(newSketches(t, 30, 1).Query(make([]float32, 30)), 0, 1, 0, scores, over) },
		func() { s.Scan(new(SketchQuery), 0, 1, 0, scores, over) },
		func() { s.Estimate(q, []uint32{71}, scores) },
		func() { s.Estimate(q, []uint32{0, 1}, scores[:1:1]) },
	} {
		mustPanic(t, f)
	}
}

// TestScanBesideWriters publishes rows through a counter while the table grows.
func TestScanBesideWriters(t *testing.T) {
	t.Parallel()
	const dims, rows = 40, 20_000
	s := newSketches(t, dims, 1)
	r := rand.New(rand.NewPCG(24, 24))
	vecs := make([][]float32, 50)
	for i := range vecs {
		vecs[i] = gauss(r, dims)
	}
	want := make([]float32, SketchRows)
	reference := newSketches(t, dims, 1)
	for i, v := range vecs {
		reference.Set(uint32(i), v)
	}
	q := s.Query(vecs[0])
	reference.Scan(q, 0, 1, 0, want, make([]uint64, 1))
	var published atomic.Int64
	var wait sync.WaitGroup
	wait.Go(func() {
		for id := range rows {
			s.Set(uint32(id), vecs[id%len(vecs)])
			published.Store(int64(id + 1))
		}
	})
	for range 2 {
		wait.Go(func() {
			var scores []float32
			var over []uint64
			for n := 0; n < rows; {
				n = int(published.Load())
				blocks := (n + SketchRows - 1) / SketchRows
				scores = slices.Grow(scores[:0], blocks*SketchRows)[:blocks*SketchRows]
				over = slices.Grow(over[:0], blocks)[:blocks]
				s.Scan(q, 0, blocks, 0, scores, over)
				for id := range n {
					if scores[id] != want[id%len(vecs)] {
						t.Errorf("row %d of %d: %g, want %g", id, n, scores[id], want[id%len(vecs)])
						return
					}
				}
			}
		})
	}
	wait.Wait()
}

func TestSketchesAllocateNothing(t *testing.T) {
	s := newSketches(t, 384, 1)
	v := gauss(rand.New(rand.NewPCG(25, 25)), 384)
	s.Set(500, v)
	q := s.Query(v)
	scores, over, ids := make([]float32, 8*SketchRows), make([]uint64, 8), []uint32{0, 500}
	for name, f := range map[string]func(){
		"Scan":     func() { s.Scan(q, 0, 8, 0.3, scores, over) },
		"Estimate": func() { s.Estimate(q, ids, scores) },
		"Reset":    func() { s.Reset(q, v) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

func BenchmarkSketchEncode(b *testing.B) {
	for _, bits := range []int{1, 2} {
		b.Run(fmt.Sprint(bits), func(b *testing.B) {
			s := newSketches(b, 384, bits)
			v := gauss(rand.New(rand.NewPCG(26, 26)), 384)
			code := make([]byte, s.CodeSize())
			for b.Loop() {
				s.Encode(code, v)
			}
		})
	}
}

func BenchmarkSketchQuery(b *testing.B) {
	s := newSketches(b, 384, 1)
	v := gauss(rand.New(rand.NewPCG(27, 27)), 384)
	q := s.Query(v)
	for b.Loop() {
		s.Reset(q, v)
	}
}

// BenchmarkScan times whole scans of tables in the first-level cache, in the last,
// and in memory.
func BenchmarkScan(b *testing.B) {
	for _, bits := range []int{1, 2} {
		for _, rows := range []int{512, 260_000, 1_000_000} {
			b.Run(fmt.Sprintf("bits=%d/rows=%d", bits, rows), func(b *testing.B) {
				s := newSketches(b, 384, bits)
				r := rand.New(rand.NewPCG(28, 28))
				code := make([]byte, s.CodeSize())
				for id := range rows {
					if id%64 == 0 {
						s.Encode(code, gauss(r, 384))
					}
					s.SetCode(uint32(id), code)
				}
				q := s.Query(gauss(r, 384))
				scores, over := make([]float32, s.Blocks()*SketchRows), make([]uint64, s.Blocks())
				for b.Loop() {
					s.Scan(q, 0, s.Blocks(), 0.3, scores, over)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
			})
		}
	}
}

// Code gives back what SetCode took, wherever the row is in its block.
func TestSketchCode(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	for _, bits := range []int{1, 2} {
		s, err := NewSketches(100, bits, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := make([][]byte, 3*SketchRows+5)
		for id := range want {
			want[id] = make([]byte, s.CodeSize())
			s.Encode(want[id], gauss(r, 100))
			s.SetCode(uint32(id), want[id])
		}
		for id := range want {
			if got := s.Code([]byte{7}, uint32(id)); !slices.Equal(got[1:], want[id]) || got[0] != 7 {
				t.Fatalf("%d bits, row %d: %x, want %x", bits, id, got, want[id])
			}
		}
		mustPanic(t, func() { s.Code(nil, uint32(len(want))) })
	}
}
