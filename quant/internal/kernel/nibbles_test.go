package kernel

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// newNibbles is newTable with rows of nibbles for dims dimensions; the others are 0.
// Some rows have only extremes, where sums of products overflow first.
func newNibbles(r *rand.Rand, rows, dims int, shift uint) *Table {
	stride := (dims + 2*Block - 1) / (2 * Block) * Block
	t := &Table{Shift: shift, Stride: stride, Rows: uint32(rows)}
	for at := 0; at < rows; at += 1 << shift {
		t.Chunks = append(t.Chunks, make([]byte, min(rows-at, 1<<shift)*stride))
	}
	for id := range uint32(rows) {
		row := t.Row(id)
		extreme := r.IntN(4) == 0
		for d := range dims {
			c := byte(r.IntN(16))
			if extreme {
				c = byte(15 - r.IntN(2)) // not all 15, mostly
			}
			row[d%stride] |= c << (d / stride * 4)
		}
	}
	return t
}

func fillQuery(r *rand.Rand, stride, dims int) []byte {
	q := make([]byte, 2*stride)
	fillCode(r, q[:dims])
	return q
}

var nibbleDims = []int{1, 2, 31, 32, 33, 64, 65, 100, 128, 192, 250, 256, 384, 400, 500, 768, 1000, 1024, 4096}

func TestNibblesEqualGeneric(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(51, 52))
		for _, dims := range nibbleDims {
			for _, rows := range []int{1, 2, 3, 17, 64} {
				tab := newNibbles(r, rows, dims, uint(r.IntN(6)))
				if r.IntN(2) == 0 {
					clear(tab.Row(uint32(r.IntN(rows))))
				}
				q := fillQuery(r, tab.Stride, dims)
				if r.IntN(3) == 0 {
					m.Expand(q, tab.Row(uint32(r.IntN(rows))), dims)
				}
				for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 31, 127, 128, 129, 300} {
					ids := make([]uint32, n)
					for i := range ids {
						ids[i] = uint32(r.IntN(rows))
					}
					want, got := make([]uint32, n), make([]uint32, n+4)
					for i := range 4 {
						got[n+i] = 77
					}
					distancesNibblesGeneric(q, tab, dims, ids, want)
					m.DistancesNibbles(q, tab, dims, ids, got[:n])
					if !slices.Equal(got[:n], want) {
						t.Fatalf("%d dims, %d rows, n %d: got %v, want %v", dims, rows, n, got[:n], want)
					}
					if !slices.Equal(got[n:], []uint32{77, 77, 77, 77}) {
						t.Fatalf("%d dims, n %d: wrote past the end", dims, n)
					}
				}
			}
		}
	})
}

// TestNibblesAreCosines compares with float64.
func TestNibblesAreCosines(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(53, 54))
		for _, dims := range nibbleDims {
			tab := newNibbles(r, 8, dims, 2)
			q := fillQuery(r, tab.Stride, dims)
			ids, got := []uint32{0, 1, 2, 3, 4, 5, 6, 7}, make([]uint32, 8)
			m.DistancesNibbles(q, tab, dims, ids, got)
			row := make([]byte, 2*tab.Stride)
			for i, id := range ids {
				m.Expand(row, tab.Row(id), dims)
				var qr, qq, rr float64
				for d := range dims {
					c := tab.Row(id)[d%tab.Stride] >> (d / tab.Stride * 4) & 15
					if x := 2*int8(c) - 15; x != int8(row[d]) && slices.Max(row) != slices.Min(row) {
						t.Fatalf("%d dims: dimension %d is %d, want %d", dims, d, int8(row[d]), x)
					}
					a, b := float64(int8(q[d])), float64(int8(row[d]))
					qr, qq, rr = qr+a*b, qq+a*a, rr+b*b
				}
				want := 1 - qr/math.Sqrt(max(qq*rr, 1))
				if d := float64(got[i]) / KeyOne; math.Abs(d-want) > 1e-6 {
					t.Errorf("%d dims: distance %.9f, want %.9f", dims, d, want)
				}
				if slices.ContainsFunc(row[dims:], func(b byte) bool { return b != 0 }) {
					t.Errorf("%d dims: numbers beyond them: %v", dims, row[dims:])
				}
				self := make([]uint32, 1)
				if m.DistancesNibbles(row, tab, dims, []uint32{id}, self); self[0] != 0 && rr > 0 {
					t.Errorf("%d dims: distance of row %d to itself: %d", dims, id, self[0])
				}
			}
		}
	})
}

func TestNibblesWithoutDirection(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		for _, dims := range nibbleDims {
			stride := (dims + 63) / 64 * 32
			tab := &Table{Chunks: [][]byte{make([]byte, stride)}, Shift: 2, Stride: stride, Rows: 1}
			q, out := make([]byte, 2*stride), make([]uint32, 1)
			m.Expand(q, tab.Row(0), dims)
			if m.DistancesNibbles(q, tab, dims, []uint32{0}, out); out[0] != KeyOne {
				t.Errorf("%d dims: nothing to nothing: %d", dims, out[0])
			}
			for d := range dims {
				q[d] = 127
			}
			if m.DistancesNibbles(q, tab, dims, []uint32{0}, out); out[0] != KeyOne {
				t.Errorf("%d dims: something to nothing: %d", dims, out[0])
			}
		}
	})
}

func TestNibblesMisuse(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		tab := newNibbles(rand.New(rand.NewPCG(55, 56)), 10, 384, 2)
		q := make([]byte, 384)
		for _, ids := range [][]uint32{{10}, {0, 1, 2, 3, 10}, {0, math.MaxUint32}} {
			bad := fmt.Sprint(ids[len(ids)-1])
			mustPanic(t, bad, func() { m.DistancesNibbles(q, tab, 384, ids, make([]uint32, len(ids))) })
			mustPanic(t, bad, func() { m.DistancesNibbles(q, &Table{Stride: 192}, 384, ids[len(ids)-1:], make([]uint32, 1)) })
		}
	})
}

func TestPackNibbles(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(59, 60))
		for _, dims := range nibbleDims {
			x := randomFloats(r, dims)
			x[r.IntN(dims)] = float32(r.IntN(7)) // on a border
			x[0] = 1e30
			row := bytes.Repeat([]byte{0x55}, (dims+63)/64*32)
			const scale = 3
			m.PackNibbles(row, x, scale)
			for d := range 2 * len(row) {
				got, want := row[d%len(row)]>>(d/len(row)*4)&15, byte(0)
				if d < dims {
					// −8…−7 is code 0, 0…1 is code 8, and so on.
					want = byte(max(0, min(15, math.Floor(float64(x[d]*scale)+8))))
				}
				if got != want {
					t.Fatalf("%d dims: code of %g × %d is %d, want %d", dims, x[min(d, dims-1)], scale, got, want)
				}
			}
		}
	})
}

// BenchmarkNibbles is BenchmarkDistances with nibbles.
func BenchmarkNibbles(b *testing.B) {
	const dims = 384
	for _, rows := range []int{100, 100_000, 1_000_000} {
		r := rand.New(rand.NewPCG(57, 58))
		proto := newNibbles(r, 1<<12, dims, 12)
		tab := &Table{Shift: 12, Stride: proto.Stride, Rows: uint32(rows)}
		for at := 0; at < rows; at += 1 << 12 {
			tab.Chunks = append(tab.Chunks, slices.Clone(proto.Chunks[0]))
		}
		q := fillQuery(r, tab.Stride, dims)
		const batch = 24
		ids := make([]uint32, batch*4096)
		for i := range ids {
			ids[i] = uint32(r.IntN(rows))
		}
		out := make([]uint32, batch)
		for _, m := range Available() {
			b.Run(fmt.Sprintf("rows=%d/%v", rows, m), func(b *testing.B) {
				at := 0
				for b.Loop() {
					m.DistancesNibbles(q, tab, dims, ids[at:at+batch], out)
					at = (at + batch) % len(ids)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/row")
			})
		}
	}
}
