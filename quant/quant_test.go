package quant

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

func gauss(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// cosine is the oracle: in float64, term by term.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

var allDims = []int{1, 2, 3, 8, 31, 32, 33, 100, 192, 384, 1000, 4096}

func TestNormalize(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, v := range [][]float32{nil, {}, {0}, {0, 0, 0}, {nan, 1}, {1, inf}, {-inf, inf}} {
		w := slices.Clone(v)
		if Normalize(w) {
			t.Errorf("Normalize(%v) is true", v)
		}
		for i := range v {
			if math.Float32bits(v[i]) != math.Float32bits(w[i]) {
				t.Errorf("Normalize(%v) changed it to %v", v, w)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range allDims {
		for _, scale := range []float32{1, 1e-38, 1e-44, 1e30, math.MaxFloat32 / 10} {
			v := gauss(r, n)
			v[r.IntN(n)] = 2
			for i := range v {
				v[i] *= scale
			}
			w := slices.Clone(v)
			if !Normalize(w) {
				t.Fatalf("%d dims × %g: Normalize is false", n, scale)
			}
			var sum float64
			for _, x := range w {
				sum += float64(x) * float64(x)
			}
			if math.Abs(sum-1) > 1e-6 || cosine(v, w) < 1-1e-6 {
				t.Errorf("%d dims × %g: length %g, cosine to what it was %g", n, scale, sum, cosine(v, w))
			}
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	v := []float32{3, 4, 100, -7}
	if got := Head(make([]float32, 2), v); got[0] != 0.6 || got[1] != 0.8 {
		t.Errorf("Head: %v", got)
	}
	if got := Head(v[:1], v); v[0] != 1 || got[0] != 1 {
		t.Errorf("Head in place: %v", v)
	}
	if got := Head(make([]float32, 2), []float32{0, 0, 1}); got[0] != 0 || got[1] != 0 {
		t.Errorf("Head without direction: %v", got)
	}
	mustPanic(t, func() { Head(make([]float32, 3), v[:2:2]) })
}

func TestDotsAgainstFloat64(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for _, dims := range allDims {
		slab := gauss(r, 7*dims)
		q := gauss(r, dims)
		ids := []uint32{6, 0, 3, 3, 1}
		out := make([]float32, 5)
		Dots(q, slab, dims, ids, out)
		for i, id := range ids {
			row := slab[int(id)*dims : int(id+1)*dims]
			var want, abs float64
			for j := range q {
				p := float64(q[j]) * float64(row[j])
				want += p
				abs += math.Abs(p)
			}
			bound := abs * float64(dims) / (1 << 23)
			if math.Abs(float64(out[i])-want) > bound || math.Abs(float64(Dot(q, row))-want) > bound {
				t.Errorf("dims %d: %g and %g, want %g ± %g", dims, out[i], Dot(q, row), want, bound)
			}
		}
	}
	mustPanic(t, func() { Dot([]float32{1}, []float32{1, 2}) })
	mustPanic(t, func() { Dots([]float32{1}, []float32{1, 2}, 2, nil, nil) })
	mustPanic(t, func() { Dots([]float32{1}, []float32{1, 2}, 1, []uint32{0, 1}, make([]float32, 1)) })
	mustPanic(t, func() { Dots([]float32{1}, []float32{1, 2}, 1, []uint32{2}, make([]float32, 1)) })
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

func TestDimsOutOfRange(t *testing.T) {
	t.Parallel()
	for _, dims := range []int{-1, 0, MaxDims + 1, math.MaxInt} {
		if _, err := NewQuantizer(dims); !errors.Is(err, ErrDims) {
			t.Errorf("NewQuantizer(%d): %v", dims, err)
		}
		if _, err := NewCodes(dims); !errors.Is(err, ErrDims) {
			t.Errorf("NewCodes(%d): %v", dims, err)
		}
	}
}

// newCodes encodes vecs into a table.
func newCodes(t *testing.T, dims int, vecs [][]float32) (*Quantizer, *Codes) {
	t.Helper()
	z, err := NewQuantizer(dims)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCodes(dims)
	if err != nil {
		t.Fatal(err)
	}
	code := make([]byte, z.CodeSize())
	for i, v := range vecs {
		z.Encode(code, v)
		c.Set(uint32(i), code)
	}
	return z, c
}

// TestCodesEstimateTheCosine bounds the error of a distance by what rounding can
// do: half a step in each dimension.
func TestCodesEstimateTheCosine(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	kinds := map[string]func(v []float32){
		"dense": func([]float32) {},
		"peaky": func(v []float32) { // two words: most of the energy in a few dimensions
			for i := range v {
				v[i] *= 0.1
			}
			for range 4 {
				v[r.IntN(len(v))] = 5
			}
		},
		"tiny": func(v []float32) {
			for i := range v {
				v[i] *= 1e-41
			}
			v[0] = 1e-40
		},
		"huge": func(v []float32) {
			for i := range v {
				v[i] *= 1e37
			}
		},
	}
	for name, change := range kinds {
		for _, dims := range allDims {
			vecs := make([][]float32, 50)
			for i := range vecs {
				vecs[i] = gauss(r, dims)
				change(vecs[i])
			}
			z, c := newCodes(t, dims, vecs)
			q := make([]byte, z.CodeSize())
			ids, out := make([]uint32, len(vecs)), make([]uint32, len(vecs))
			for i := range ids {
				ids[i] = uint32(i)
			}
			for i, v := range vecs {
				z.Encode(q, v)
				if slices.Contains(q, 0x80) {
					t.Fatalf("%s, %d dims: a byte is -128", name, dims)
				}
				c.Distances(q, ids, out)
				if out[i] != 0 {
					t.Errorf("%s, %d dims: distance to itself %d", name, dims, out[i])
				}
				for j, w := range vecs {
					// Each code is off by at most ½·√dims beside a length of at least 127.
					bound := 2*math.Sqrt(float64(dims))/127 + 1e-5
					want := 1 - cosine(v, w)
					if name == "tiny" {
						bound += 0.05 // denormal numbers have few digits themselves
					}
					if d := float64(out[j]) / KeyOne; math.Abs(d-want) > bound {
						t.Errorf("%s, %d dims: distance %g, want %g ± %g", name, dims, d, want, bound)
					}
				}
			}
		}
	}
}

func TestEncodeOddVectors(t *testing.T) {
	t.Parallel()
	z, _ := NewQuantizer(3)
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ v, want []float32 }{
		{[]float32{0, 0, 0}, []float32{0, 0, 0}},
		{[]float32{1, -1, 0.5}, []float32{127, -127, 64}},
		{[]float32{-2, 1, 0, 9}, []float32{-127, 64, 0}}, // what follows the head is not looked at
		{[]float32{inf, -inf, 1}, []float32{127, -127, 0}},
		{[]float32{math.MaxFloat32, 0, -math.MaxFloat32}, []float32{127, 0, -127}},
		{[]float32{1e-45, 0, -1e-45}, []float32{127, 0, -127}},
	} {
		code := make([]byte, z.CodeSize())
		for i := range code {
			code[i] = 99
		}
		z.Encode(code, c.v)
		for i := range code {
			want := float32(0)
			if i < 3 {
				want = c.want[i]
			}
			if float32(int8(code[i])) != want {
				t.Errorf("Encode(%v)[%d] = %d, want %g", c.v, i, int8(code[i]), want)
			}
		}
	}
	code := make([]byte, z.CodeSize())
	z.Encode(code, []float32{nan, 1, -nan})
	if slices.Contains(code, 0x80) || int8(code[1]) != 127 {
		t.Errorf("Encode with NaN: %v", code[:3])
	}
	mustPanic(t, func() { z.Encode(code, []float32{1}) })
	mustPanic(t, func() { z.Encode(code[:2:2], []float32{1, 2, 3}) })
}

// TestCodesAgainstMap compares a table with a map through random growth.
func TestCodesAgainstMap(t *testing.T) {
	t.Parallel()
	for _, dims := range []int{3, 192, 4096} {
		r := rand.New(rand.NewPCG(4, uint64(dims)))
		c, err := NewCodes(dims)
		if err != nil {
			t.Fatal(err)
		}
		model := map[uint32][]byte{}
		limit := uint32(1)
		for range 3000 {
			id := r.Uint32N(limit)
			limit = max(limit, id+1+r.Uint32N(20))
			code := make([]byte, c.CodeSize())
			for i := range dims {
				code[i] = byte(int8(r.IntN(255) - 127))
			}
			c.Set(id, code)
			model[id] = code
		}
		for id := range uint32(c.Len()) {
			want := model[id]
			if want == nil {
				want = make([]byte, c.CodeSize())
			}
			if !slices.Equal(c.Code(id), want) {
				t.Fatalf("dims %d: row %d is %v, want %v", dims, id, c.Code(id), want)
			}
		}
		if top := slices.Max(slices.Collect(keys(model))); c.Len() != int(top)+1 {
			t.Errorf("dims %d: Len %d, want %d", dims, c.Len(), top+1)
		}
		if c.Bytes() < int64(c.Len()*c.CodeSize()) {
			t.Errorf("dims %d: Bytes %d for %d rows", dims, c.Bytes(), c.Len())
		}
		mustPanic(t, func() { c.Code(uint32(c.Bytes())) })
		mustPanic(t, func() { c.Set(0, make([]byte, c.CodeSize()-1)) })
		mustPanic(t, func() { c.Set(math.MaxUint32, make([]byte, c.CodeSize())) })
		mustPanic(t, func() { c.Distances(make([]byte, 1), nil, nil) })
		mustPanic(t, func() { c.Distances(make([]byte, c.CodeSize()), []uint32{0}, nil) })
	}
}

func keys(m map[uint32][]byte) func(func(uint32) bool) {
	return func(yield func(uint32) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestSmallTableIsSmall(t *testing.T) {
	t.Parallel()
	c, _ := NewCodes(192)
	c.Set(0, make([]byte, 192))
	if c.Bytes() > 16<<10 {
		t.Errorf("a table of one row takes %d bytes", c.Bytes())
	}
}

// TestReadersBesideWriters publishes ids through a channel while the table grows.
// Under the race detector with the tag noasm it checks every read.
func TestReadersBesideWriters(t *testing.T) {
	t.Parallel()
	const dims, rows, writers = 40, 40_000, 2
	c, _ := NewCodes(dims)
	ids := make(chan uint32, 1000)
	var write, read sync.WaitGroup
	for w := range writers {
		write.Go(func() {
			code := make([]byte, c.CodeSize())
			for id := uint32(w); id < rows; id += writers {
				code[0], code[1], code[2] = byte(id%127), byte(id/127%127), 1
				c.Set(id, code)
				ids <- id
			}
		})
	}
	for range 2 {
		read.Go(func() {
			out := make([]uint32, 2)
			q := make([]byte, c.CodeSize())
			for id := range ids {
				q[0], q[1], q[2] = byte(id%127), byte(id/127%127), 1
				c.Prefetch([]uint32{id})
				c.Distances(q, []uint32{id, id}, out)
				if out[0] != 0 || out[1] != 0 || c.Code(id)[2] != 1 {
					t.Errorf("row %d is not what was written", id)
				}
			}
		})
	}
	write.Wait()
	close(ids)
	read.Wait()
	if c.Len() != rows {
		t.Errorf("Len %d, want %d", c.Len(), rows)
	}
}

func TestDistancesAllocateNothing(t *testing.T) {
	c, _ := NewCodes(192)
	q := make([]byte, 192)
	for id := range uint32(100) {
		q[id] = 1
		c.Set(id, q)
	}
	ids, out := []uint32{1, 5, 99, 7, 3}, make([]uint32, 5)
	if n := testing.AllocsPerRun(100, func() {
		c.Prefetch(ids)
		c.Distances(q, ids, out)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
