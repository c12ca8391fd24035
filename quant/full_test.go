package quant

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
)

// newFull encodes vecs into a table of full codes.
func newFull(t testing.TB, dims int, vecs [][]float32) (*FullQuantizer, *Codes) {
	t.Helper()
	z, err1 := NewFullQuantizer(dims)
	c, err2 := NewFullCodes(dims)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if z.Dims() != dims || c.Dims() != dims || z.CodeSize() != c.CodeSize() || z.QuerySize() != 2*z.CodeSize() {
		t.Fatalf("%d dims: sizes %d and %d", dims, z.CodeSize(), c.CodeSize())
	}
	code := make([]byte, z.CodeSize())
	for i, v := range vecs {
		z.Encode(code, v)
		c.Set(uint32(i), code)
	}
	return z, c
}

// TestFullCodesEstimateTheCosine compares with float64, for queries and for rows as
// queries.
func TestFullCodesEstimateTheCosine(t *testing.T) {
	t.Parallel()
	for _, dims := range sketchDims {
		r := rand.New(rand.NewPCG(61, uint64(dims)))
		vecs := make([][]float32, 100)
		q := gauss(r, dims)
		for i := range vecs {
			vecs[i] = gauss(r, dims)
			near := float32(r.Float64() * 3)
			for d := range q {
				vecs[i][d] += near * q[d]
			}
			for d := range q { // the scale means nothing
				vecs[i][d] *= 1e-30
			}
		}
		z, c := newFull(t, dims, vecs)
		code := make([]byte, z.QuerySize())
		z.EncodeQuery(code, q)
		ids, out := make([]uint32, len(vecs)), make([]uint32, len(vecs))
		for i := range ids {
			ids[i] = uint32(i)
		}
		// The error of a code has 0.0115 of the square of its length, and is spread over
		// all dimensions.
		check := func(q []float32, bound float64) {
			var square float64
			for i, v := range vecs {
				square += math.Pow(1-float64(out[i])/KeyOne-cosine(q, v), 2)
			}
			if e := math.Sqrt(square / float64(len(vecs))); e > bound && dims > 8 {
				t.Errorf("%d dims: error %g, want at most %g", dims, e, bound)
			}
		}
		sigma := math.Sqrt(0.0115/float64(dims)) + 0.006 // a code is shorter than its vector
		c.Distances(code, ids, out)
		check(q, 1.3*sigma)
		for i, v := range vecs[:5] {
			c.Distances(c.Code(uint32(i)), ids, out)
			if out[i] != 0 {
				t.Errorf("%d dims: distance to itself %d", dims, out[i])
			}
			check(v, 1.3*math.Sqrt2*sigma)
		}
	}
}

func TestFullCodesOfOddVectors(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, dims := range []int{1, 3, 384, 1000} {
		zero, one := make([]float32, dims), make([]float32, dims)
		one[0] = 1
		vecs := [][]float32{zero, one}
		for _, x := range []float32{nan, inf, 3e38, 1e-45, -1} {
			v := slices.Clone(one)
			v[0] = x
			vecs = append(vecs, v)
		}
		z, c := newFull(t, dims, vecs)
		q := make([]byte, z.QuerySize())
		ids, out := []uint32{0, 1, 2, 3, 4, 5, 6}, make([]uint32, 7)
		z.EncodeQuery(q, one)
		c.Distances(q, ids, out)
		for i, want := range []float64{1, 0, 1, 1, 0, 0, 2} {
			if d := float64(out[i]) / KeyOne; math.Abs(d-want) > 0.03 {
				t.Errorf("%d dims: distance to %g: %g, want %g", dims, vecs[i][0], d, want)
			}
		}
		for _, code := range [][]byte{c.Code(0), c.Code(3)} {
			c.Distances(code, ids, out)
			if slices.Max(out) != KeyOne || slices.Min(out) != KeyOne {
				t.Errorf("%d dims: distances to nothing: %v", dims, out)
			}
		}
		z.EncodeQuery(q, zero)
		c.Distances(q, ids, out)
		if slices.Max(out) != KeyOne || slices.Min(out) != KeyOne {
			t.Errorf("%d dims: distances of nothing: %v", dims, out)
		}
	}
}

func TestFullCodesMisuse(t *testing.T) {
	t.Parallel()
	for _, dims := range []int{-1, 0, MaxDims + 1, math.MaxInt} {
		if _, err := NewFullQuantizer(dims); !errors.Is(err, ErrDims) {
			t.Errorf("NewFullQuantizer(%d): %v", dims, err)
		}
		if _, err := NewFullCodes(dims); !errors.Is(err, ErrDims) {
			t.Errorf("NewFullCodes(%d): %v", dims, err)
		}
	}
	z, c := newFull(t, 100, [][]float32{make([]float32, 100)})
	mustPanic(t, func() { z.Encode(make([]byte, 63), make([]float32, 100)) })
	mustPanic(t, func() { z.Encode(make([]byte, 64), make([]float32, 99)) })
	mustPanic(t, func() { z.EncodeQuery(make([]byte, 127), make([]float32, 100)) })
	mustPanic(t, func() { c.Distances(make([]byte, 63), nil, nil) })
	mustPanic(t, func() { c.Distances(make([]byte, 100), nil, nil) })
	mustPanic(t, func() { c.Distances(make([]byte, 128), []uint32{0}, nil) })
	mustPanic(t, func() { c.Distances(make([]byte, 64), []uint32{1 << 20}, make([]uint32, 1)) })
}

func randomFull(t testing.TB, dims, rows int) *Codes {
	t.Helper()
	r := rand.New(rand.NewPCG(62, uint64(dims)))
	vecs := make([][]float32, rows)
	for i := range vecs {
		vecs[i] = gauss(r, dims)
	}
	_, c := newFull(t, dims, vecs)
	return c
}

func TestWriteAndReadFullCodes(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ dims, rows int }{{1, 0}, {3, 3}, {384, 6000}, {4096, 600}} {
		c := randomFull(t, size.dims, size.rows)
		b := written(t, c)
		read, err := ReadFullCodes(iotest.HalfReader(bytes.NewReader(b)))
		if err != nil {
			t.Fatal(err)
		}
		equalCodes(t, read, c)
		if !bytes.Equal(written(t, read), b) {
			t.Errorf("%v: the second generation differs", size)
		}
		if size.rows > 0 { // it measures as the original does
			out := make([]uint32, 1)
			read.Distances(read.Code(0), []uint32{0}, out)
			if out[0] != 0 {
				t.Errorf("%v: distance to itself %d", size, out[0])
			}
		}
		if _, err := ReadCodes(bytes.NewReader(b)); !errors.Is(err, ErrFormat) {
			t.Errorf("ReadCodes of full codes: %v", err)
		}
	}
	damageIsFound(t, written(t, randomFull(t, 3, 3)), readerOf(ReadFullCodes))
	if _, err := ReadFullCodes(bytes.NewReader(written(t, randomCodes(t, 3, 3)))); !errors.Is(err, ErrFormat) {
		t.Errorf("ReadFullCodes of others: %v", err)
	}
}

func TestFullDistancesAllocateNothing(t *testing.T) {
	c := randomFull(t, 384, 100)
	z, _ := NewFullQuantizer(384)
	v, q := gauss(rand.New(rand.NewPCG(63, 63)), 384), make([]byte, z.QuerySize())
	ids, out := []uint32{1, 5, 99, 7, 3}, make([]uint32, 5)
	for name, f := range map[string]func(){
		"a query": func() { c.Distances(q, ids, out) },
		"a row":   func() { c.Distances(c.Code(7), ids, out) },
		"encode":  func() { z.Encode(q, v) },
	} {
		if n := testing.AllocsPerRun(100, f); n > 0.5 { // a collection may empty the pool
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

func BenchmarkFullEncode(b *testing.B) {
	z, _ := NewFullQuantizer(384)
	v := gauss(rand.New(rand.NewPCG(64, 64)), 384)
	code := make([]byte, z.QuerySize())
	b.Run("row", func(b *testing.B) {
		for b.Loop() {
			z.Encode(code, v)
		}
	})
	b.Run("query", func(b *testing.B) {
		for b.Loop() {
			z.EncodeQuery(code, v)
		}
	})
}

// BenchmarkFullDistances has rows as queries, too, as building a graph does.
func BenchmarkFullDistances(b *testing.B) {
	c := randomFull(b, 384, 1000)
	z, _ := NewFullQuantizer(384)
	q := make([]byte, z.QuerySize())
	z.EncodeQuery(q, gauss(rand.New(rand.NewPCG(65, 65)), 384))
	ids, out := make([]uint32, 24), make([]uint32, 24)
	for i := range ids {
		ids[i] = uint32(i * 41)
	}
	for _, code := range [][]byte{q, c.Code(5)} {
		b.Run(fmt.Sprintf("bytes=%d", len(code)), func(b *testing.B) {
			for b.Loop() {
				c.Distances(code, ids, out)
			}
		})
	}
}
