package quant

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fronyai/frony-db/quant/internal/kernel"
)

// TestSplitEqualsWhole compares a code in two tables with the same code in one.
func TestSplitEqualsWhole(t *testing.T) {
	t.Parallel()
	for _, d := range []struct{ dims, head int }{{384, 192}, {2, 1}, {100, 64}, {100, 33}, {768, 128}, {8192, 4096}} {
		r := rand.New(rand.NewPCG(uint64(d.dims), uint64(d.head)))
		z, err := NewSplitQuantizer(d.dims, d.head)
		if err != nil {
			t.Fatal(err)
		}
		if z.Dims() != d.dims || z.HeadDims() != d.head || z.TailDims() != d.dims-d.head {
			t.Fatalf("%v: %d = %d + %d", d, z.Dims(), z.HeadDims(), z.TailDims())
		}
		heads, err1 := NewCodes(z.HeadDims())
		tails, err2 := NewCodes(z.TailDims())
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		const rows = 150
		vecs := make([][]float32, rows)
		head, tail := make([]byte, z.HeadSize()), make([]byte, z.TailSize())
		for i := range vecs {
			vecs[i] = gauss(r, d.dims)
			z.Encode(head, tail, vecs[i])
			heads.Set(uint32(i), head)
			tails.Set(uint32(i), tail)
		}
		ids, got := make([]uint32, rows), make([]uint32, rows)
		for i := range ids {
			ids[i] = uint32(rows - 1 - i)
		}
		for _, n := range []int{0, 1, 63, 64, 65, rows} {
			z.Encode(head, tail, vecs[n%rows])
			Split{heads, tails}.Distances(head, tail, ids[:n], got)
			for i, id := range ids[:n] {
				if want := wholeKey(head, tail, heads.Code(id), tails.Code(id)); got[i] != want {
					t.Fatalf("%v: row %d: %d, want %d", d, id, got[i], want)
				}
			}
		}
		if d.dims%32 == 0 && d.head%32 == 0 && d.dims <= MaxDims {
			// Without padding between them, the parts are the whole code.
			whole, _ := NewQuantizer(d.dims)
			code := make([]byte, whole.CodeSize())
			whole.Encode(code, vecs[0])
			z.Encode(head, tail, vecs[0])
			if !slices.Equal(code, slices.Concat(head, tail)) {
				t.Errorf("%v: the parts are not the whole code", d)
			}
		}
		mustPanic(t, func() { Split{heads, tails}.Distances(head[1:], tail, nil, nil) })
		mustPanic(t, func() { Split{heads, tails}.Distances(head, tail, ids, got[:1:1]) })
		mustPanic(t, func() { Split{heads, tails}.Distances(head, tail, []uint32{1 << 20}, got) })
	}
}

// wholeKey is the distance key as the package's documentation defines it.
func wholeKey(qh, qt, rh, rt []byte) uint32 {
	c, _ := NewCodes(min(len(qh)+len(qt), MaxDims))
	if len(qh)+len(qt) > MaxDims {
		// Too long for one table: scale to one by hand.
		var qr, qq, rr int64
		q, r := slices.Concat(qh, qt), slices.Concat(rh, rt)
		for i := range q {
			a, b := int64(int8(q[i])), int64(int8(r[i]))
			qr, qq, rr = qr+a*b, qq+a*a, rr+b*b
		}
		return kernel.Key(int32(qr), int32(qq), int32(rr))
	}
	c.Set(0, slices.Concat(rh, rt))
	var out [1]uint32
	c.Distances(slices.Concat(qh, qt), []uint32{0}, out[:])
	return out[0]
}

func TestSplitDimsOutOfRange(t *testing.T) {
	t.Parallel()
	for _, d := range [][2]int{{1, 1}, {384, 0}, {384, 384}, {384, 400}, {5000, 4500}, {9000, 4000}} {
		if _, err := NewSplitQuantizer(d[0], d[1]); !errors.Is(err, ErrDims) {
			t.Errorf("%v: %v", d, err)
		}
	}
}

func TestSplitDistancesAllocateNothing(t *testing.T) {
	c := randomCodes(t, 192, 100)
	s := Split{c, c}
	q, ids, out := slices.Clone(c.Code(5)), []uint32{1, 5, 99}, make([]uint32, 3)
	if n := testing.AllocsPerRun(100, func() { s.Distances(q, q, ids, out) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
	if out[1] != 0 {
		t.Errorf("distance to itself %d", out[1])
	}
}
