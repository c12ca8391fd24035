package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// everyImpl runs f on each implementation that this machine has.
func everyImpl(t *testing.T, f func(t *testing.T, m Impl)) {
	t.Helper()
	for _, m := range Available() {
		t.Run(m.String(), func(t *testing.T) { f(t, m) })
	}
}

// newTable cuts random codes into chunks of 1<<shift rows. The last chunk holds
// only the rows that exist, so that a read past the end is a read of other memory.
func newTable(r *rand.Rand, rows, stride int, shift uint) *Table {
	t := &Table{Shift: shift, Stride: stride, Rows: uint32(rows)}
	for at := 0; at < rows; at += 1 << shift {
		c := make([]byte, min(rows-at, 1<<shift)*stride)
		fillCode(r, c)
		t.Chunks = append(t.Chunks, c)
	}
	return t
}

// fillCode writes random bytes of [-127, 127]; some codes get only extremes,
// where sums of products overflow first.
func fillCode(r *rand.Rand, c []byte) {
	extreme := r.IntN(4) == 0
	for i := range c {
		if extreme {
			c[i] = byte(int8(127 - 254*r.IntN(2)))
		} else {
			c[i] = byte(int8(r.IntN(255) - 127))
		}
	}
}

var strides = []int{32, 64, 96, 128, 160, 192, 224, 256, 384, 512, 768, 1024, 4096}

func TestDistancesEqualGeneric(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, stride := range strides {
			for _, rows := range []int{1, 2, 3, 5, 17, 64} {
				tab := newTable(r, rows, stride, uint(r.IntN(6)))
				if r.IntN(2) == 0 {
					clear(tab.Row(uint32(r.IntN(rows)))) // a row of zeros has no direction
				}
				q := make([]byte, stride)
				fillCode(r, q)
				for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 31, 127, 128, 129, 300} {
					ids := make([]uint32, n)
					for i := range ids {
						ids[i] = uint32(r.IntN(rows))
					}
					want, got := make([]uint32, n), make([]uint32, n+4)
					got = got[:n]
					tailGuard := got[n : n+4]
					for i := range tailGuard {
						tailGuard[i] = 0xdeadbeef
					}
					distancesGeneric(q, tab, ids, want)
					m.Prefetch(tab, ids)
					m.Distances(q, tab, ids, got)
					if !slices.Equal(got, want) {
						t.Fatalf("stride %d, rows %d, n %d: got %v, want %v", stride, rows, n, got, want)
					}
					if n <= MaxProducts {
						var wantP, gotP Products
						productsGeneric(q, tab, ids, &wantP)
						m.Products(q, tab, ids, &gotP)
						if !slices.Equal(gotP.Dots[:n], wantP.Dots[:n]) || !slices.Equal(gotP.Norms[:n], wantP.Norms[:n]) {
							t.Fatalf("stride %d, rows %d, n %d: products %v, want %v", stride, rows, n, gotP, wantP)
						}
					}
					for _, g := range tailGuard {
						if g != 0xdeadbeef {
							t.Fatalf("stride %d, n %d: wrote past the end", stride, n)
						}
					}
				}
			}
		}
	})
}

func TestDistanceIsProportionalToOneMinusCosine(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, stride := range strides {
			tab := newTable(r, 8, stride, 2)
			q := make([]byte, stride)
			fillCode(r, q)
			ids := []uint32{0, 1, 2, 3, 4, 5, 6, 7}
			got := make([]uint32, len(ids))
			m.Distances(q, tab, ids, got)
			for i, id := range ids {
				var qr, qq, rr float64
				for j, x := range tab.Row(id) {
					a, b := float64(int8(q[j])), float64(int8(x))
					qr, qq, rr = qr+a*b, qq+a*a, rr+b*b
				}
				want := 1 - qr/math.Sqrt(qq*rr)
				if d := float64(got[i]) / KeyOne; math.Abs(d-want) > 1e-6 {
					t.Errorf("stride %d: distance %.9f, want %.9f", stride, d, want)
				}
			}
		}
	})
}

func TestDistanceExtremes(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		for _, stride := range strides {
			a, b := make([]byte, stride), make([]byte, stride)
			for i := range a {
				a[i], b[i] = 127, byte(0x81) // −127
			}
			zero := make([]byte, stride)
			tab := &Table{Chunks: [][]byte{slices.Concat(a, b, zero)}, Shift: 2, Stride: stride, Rows: 3}
			out := make([]uint32, 3)
			m.Distances(a, tab, []uint32{0, 1, 2}, out)
			if want := []uint32{0, 2 * KeyOne, KeyOne}; !slices.Equal(out, want) {
				t.Errorf("stride %d: same, opposite, none: %v, want %v", stride, out, want)
			}
			m.Distances(zero, tab, []uint32{0, 1, 2}, out)
			if want := []uint32{KeyOne, KeyOne, KeyOne}; !slices.Equal(out, want) {
				t.Errorf("stride %d: query without direction: %v, want %v", stride, out, want)
			}
		}
	})
}

func TestRowOutOfRangePanics(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(5, 6))
		tab := newTable(r, 10, 192, 2)
		q := make([]byte, 192)
		f := make([]float32, 10*16)
		for _, ids := range [][]uint32{{10}, {0, 1, 2, 3, 10}, {0, math.MaxUint32}, {9, 9, 9, 9, 9, 9, 1 << 31}} {
			bad := fmt.Sprint(ids[len(ids)-1])
			mustPanic(t, bad, func() { m.Distances(q, tab, ids, make([]uint32, len(ids))) })
			mustPanic(t, bad, func() { m.Distances(q, &Table{Stride: 192}, ids[len(ids)-1:], make([]uint32, 1)) })
			mustPanic(t, bad, func() { m.Products(q, tab, ids, new(Products)) })
			mustPanic(t, bad, func() { m.DotsF32(f[:16], f, ids, make([]float32, len(ids))) })
			mustPanic(t, bad, func() { m.DotsF32(f[:16], nil, ids[len(ids)-1:], make([]float32, 1)) })
			m.Prefetch(tab, ids) // only a hint
		}
	})
}

func mustPanic(t *testing.T, id string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		want := "quant: row " + id + " out of range"
		if got := fmt.Sprint(recover()); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}

var lengths = []int{1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 63, 96, 100, 191, 192, 193, 384, 1000, 4096}

// dotBound is the error that DotF32 promises at most, and the exact value.
func dotBound(a, b []float32) (exact, bound float64) {
	var abs float64
	for i := range a {
		p := float64(a[i]) * float64(b[i])
		exact += p
		abs += math.Abs(p)
	}
	return exact, abs * float64(len(a)) / (1 << 23)
}

func TestDotWithinBound(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, n := range lengths {
			const rows = 9
			slab := make([]float32, rows*n)
			for i := range slab {
				slab[i] = float32(r.NormFloat64())
			}
			q := slab[4*n : 5*n]
			for k := range 12 {
				ids, out := make([]uint32, k), make([]float32, k)
				for i := range ids {
					ids[i] = uint32(r.IntN(rows))
				}
				m.DotsF32(q, slab, ids, out)
				for i, id := range ids {
					row := slab[int(id)*n : int(id+1)*n]
					exact, bound := dotBound(q, row)
					if math.Abs(float64(out[i])-exact) > bound {
						t.Errorf("DotsF32: length %d: %g, want %g ± %g", n, out[i], exact, bound)
					}
					if got := m.DotF32(q, row); math.Abs(float64(got)-exact) > bound {
						t.Errorf("DotF32: length %d: %g, want %g ± %g", n, got, exact, bound)
					}
				}
			}
		}
		if got := m.DotF32(nil, nil); got != 0 {
			t.Errorf("DotF32 of nothing: %g", got)
		}
	})
}

func TestEncodeEqualsGeneric(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(13, 14))
		nan := float32(math.NaN())
		for n := range 200 {
			v := make([]float32, n)
			for i := range v {
				v[i] = float32(r.NormFloat64())
				if r.IntN(8) == 0 {
					v[i] = float32(r.IntN(9)-4) / 2 // halves, to round to the even one
				}
			}
			if got, want := m.Peak(v), peakGeneric(0, v); got != want {
				t.Fatalf("length %d: peak %g, want %g", n, got, want)
			}
			for _, scale := range []float32{1, 0.5, 3, 127 / max(peakGeneric(0, v), 1)} {
				got, want := make([]byte, n), make([]byte, n)
				m.Round(got, v, scale)
				roundGeneric(want, v, scale)
				if !slices.Equal(got, want) {
					t.Fatalf("length %d × %g: %v, want %v", n, scale, got, want)
				}
				for i, x := range v {
					if w := math.RoundToEven(float64(x * scale)); float64(int8(got[i])) != w {
						t.Fatalf("%g × %g gives %d, want %g", x, scale, int8(got[i]), w)
					}
				}
			}
			if n == 0 {
				continue
			}
			v[r.IntN(n)], v[r.IntN(n)] = nan, -nan
			if got, want := m.Peak(v), peakGeneric(0, v); got != want {
				t.Fatalf("length %d, with NaN: peak %g, want %g", n, got, want)
			}
			code := make([]byte, n)
			if m.Round(code, v, 1); slices.Contains(code, 0x80) {
				t.Fatalf("length %d, with NaN: a byte is -128", n)
			}
		}
	})
}

func FuzzDistances(f *testing.F) {
	f.Add(uint8(5), []byte("a code that is longer than a single block of thirty-two bytes, to have some rows"))
	f.Fuzz(func(t *testing.T, blocks uint8, data []byte) {
		stride := (int(blocks%16) + 1) * Block
		rows := len(data)/stride + 1
		all := make([]byte, rows*stride)
		copy(all, data)
		for i, x := range all {
			if int8(x) == -128 {
				all[i] = 0 // not a code
			}
		}
		tab := &Table{Chunks: [][]byte{all}, Shift: 31, Stride: stride, Rows: uint32(rows)}
		ids := make([]uint32, rows)
		for i := range ids {
			ids[i] = uint32(rows - 1 - i)
		}
		want, got := make([]uint32, rows), make([]uint32, rows)
		for _, id := range ids[:min(rows, 8)] {
			distancesGeneric(tab.Row(id), tab, ids, want)
			for _, m := range Available() {
				m.Distances(tab.Row(id), tab, ids, got)
				if !slices.Equal(got, want) {
					t.Fatalf("%v: got %v, want %v", m, got, want)
				}
			}
			if want[rows-1-int(id)] != 0 && slices.Max(tab.Row(id)) != 0 {
				t.Fatalf("distance of row %d to itself: %d", id, want[rows-1-int(id)])
			}
		}
	})
}

func FuzzDot(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := len(data) / 8
		a, b := make([]float32, n), make([]float32, n)
		for i := range n {
			a[i] = float32(int32(binary.LittleEndian.Uint32(data[8*i:]))) / (1 << 20)
			b[i] = float32(int32(binary.LittleEndian.Uint32(data[8*i+4:]))) / (1 << 20)
		}
		exact, bound := dotBound(a, b)
		for _, m := range Available() {
			if got := m.DotF32(a, b); math.Abs(float64(got)-exact) > bound {
				t.Errorf("%v: %g, want %g ± %g", m, got, exact, bound)
			}
		}
	})
}

// BenchmarkDistances times the distance to one row, in batches of 24 random
// rows: in the first-level cache, in the last, and in memory.
func BenchmarkDistances(b *testing.B) {
	for _, stride := range []int{192, 384} {
		for _, rows := range []int{100, 100_000, 1_000_000} {
			r := rand.New(rand.NewPCG(9, 10))
			shift := uint(12)
			tab := &Table{Shift: shift, Stride: stride, Rows: uint32(rows)}
			proto := make([]byte, stride<<shift)
			fillCode(r, proto)
			for at := 0; at < rows; at += 1 << shift {
				tab.Chunks = append(tab.Chunks, slices.Clone(proto))
			}
			q := slices.Clone(tab.Row(0))
			const batch = 24
			ids := make([]uint32, batch*4096)
			for i := range ids {
				ids[i] = uint32(r.IntN(rows))
			}
			out := make([]uint32, batch)
			for _, m := range Available() {
				b.Run(fmt.Sprintf("%d/rows=%d/%v", stride, rows, m), func(b *testing.B) {
					at := 0
					for b.Loop() {
						m.Distances(q, tab, ids[at:at+batch], out)
						at = (at + batch) % len(ids)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/row")
				})
			}
		}
	}
}

func BenchmarkDots(b *testing.B) {
	for _, dims := range []int{192, 384} {
		for _, rows := range []int{20, 200_000} {
			r := rand.New(rand.NewPCG(11, 12))
			slab := make([]float32, rows*dims)
			for i := range slab {
				slab[i] = float32(r.IntN(100))
			}
			const batch = 16
			ids := make([]uint32, batch*4096)
			for i := range ids {
				ids[i] = uint32(r.IntN(rows))
			}
			out := make([]float32, batch)
			for _, m := range Available() {
				b.Run(fmt.Sprintf("%d/rows=%d/%v", dims, rows, m), func(b *testing.B) {
					at := 0
					for b.Loop() {
						m.DotsF32(slab[:dims], slab, ids[at:at+batch], out)
						at = (at + batch) % len(ids)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/row")
				})
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	v := make([]float32, 384)
	r := rand.New(rand.NewPCG(15, 16))
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	dst := make([]byte, len(v))
	for _, m := range Available() {
		b.Run(m.String(), func(b *testing.B) {
			for b.Loop() {
				m.Round(dst, v, 127/m.Peak(v))
			}
		})
	}
}
