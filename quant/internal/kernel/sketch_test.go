package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomScan returns a query and blocks of random bytes: some of them all ones,
// where sums are largest.
func randomScan(r *rand.Rand, groups, planes, n int) (*SketchQuery, []byte) {
	u := make([]byte, 8*groups)
	extreme := r.IntN(3) == 0
	for i := range u {
		u[i] = byte(r.IntN(16))
		if extreme {
			u[i] = 15
		}
	}
	q := &SketchQuery{Groups: groups, Planes: planes, Base: int32(r.IntN(1<<20)) - 1<<19, Scale: r.Float32() / (1 << 30), Shift: r.Float32()}
	q.Tables = make([]byte, 32*groups)
	SketchTables(q.Tables, u)
	blocks := make([]byte, n*SketchStride(groups, planes))
	for i := range blocks {
		blocks[i] = byte(r.Uint32())
		if extreme && r.IntN(9) > 0 {
			blocks[i] = 255
		}
	}
	// A word's low half is a sum of codes: below 2^15. A shift is a number.
	for i := range n {
		block := blocks[i*SketchStride(groups, planes):]
		for w := range SketchRows {
			block[groups*planes*SketchRows+4*w+1] &= 0x7f
			binary.LittleEndian.PutUint32(block[(groups*planes+4)*SketchRows+4*w:], math.Float32bits(r.Float32()-0.5))
		}
	}
	return q, blocks
}

func TestScanEqualsGeneric(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(41, 42))
		for _, groups := range []int{2, 4, 6, 24, 48, 126, 128, 512} {
			for planes := 1; planes <= 2; planes++ {
				for _, n := range []int{0, 1, 2, 3, 7, 90} {
					q, blocks := randomScan(r, groups, planes, n)
					want, wantOver := make([]float32, n*SketchRows), make([]uint64, n)
					scanGeneric(q, blocks, 0.25, want, wantOver)
					got, gotOver := make([]float32, n*SketchRows+4), make([]uint64, n+4)
					for i := range 4 {
						got[n*SketchRows+i], gotOver[n+i] = -77, 77
					}
					m.Scan(q, blocks, 0.25, got[:n*SketchRows], gotOver[:n])
					for i, g := range got[:n*SketchRows] {
						if math.Float32bits(g) != math.Float32bits(want[i]) {
							t.Fatalf("%d groups, %d planes, row %d: %g, want %g", groups, planes, i, g, want[i])
						}
					}
					if !slices.Equal(gotOver[:n], wantOver) {
						t.Fatalf("%d groups, %d planes: above: %x, want %x", groups, planes, gotOver[:n], wantOver)
					}
					for i := range 4 {
						if got[n*SketchRows+i] != -77 || gotOver[n+i] != 77 {
							t.Fatalf("%d groups, %d planes, %d blocks: wrote past the end", groups, planes, n)
						}
					}
				}
			}
		}
	})
}

// TestScanFloor: a score is not above itself, and nothing is above a NaN.
func TestScanFloor(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		q, blocks := randomScan(rand.New(rand.NewPCG(43, 44)), 4, 1, 1)
		scores, over := make([]float32, SketchRows), make([]uint64, 1)
		m.Scan(q, blocks, 0, scores, over)
		for _, floor := range scores {
			m.Scan(q, blocks, floor, scores, over)
			for r, score := range scores {
				if got := over[0]>>r&1 == 1; got != (score > floor) {
					t.Fatalf("%g above %g: %v", score, floor, got)
				}
			}
		}
		if m.Scan(q, blocks, float32(math.NaN()), scores, over); over[0] != 0 {
			t.Errorf("above NaN: %x", over[0])
		}
	})
}

func TestSketchTables(t *testing.T) {
	t.Parallel()
	u := []byte{1, 2, 4, 8, 15, 15, 15, 15}
	tables := make([]byte, 32)
	SketchTables(tables, u)
	for i := range byte(16) {
		if tables[i] != i {
			t.Errorf("entry %d is %d", i, tables[i])
		}
	}
	if tables[16] != 0 || tables[31] != 60 || tables[16+5] != 30 {
		t.Errorf("the second table is %v", tables[16:])
	}
	seen := map[int]bool{}
	for r := range SketchRows {
		seen[SketchPosition(r)] = true
	}
	if len(seen) != SketchRows || SketchPosition(0) != 0 || SketchPosition(63) != 63 || SketchPosition(5) != 17 {
		t.Error("SketchPosition is no permutation, or another one")
	}
}

func TestSignsEqualDefinition(t *testing.T) {
	t.Parallel()
	everyImpl(t, func(t *testing.T, m Impl) {
		r := rand.New(rand.NewPCG(47, 48))
		for _, n := range lengths {
			x := randomFloats(r, n)
			x[r.IntN(n)], x[r.IntN(n)] = 1, -1
			x[r.IntN(n)] = float32(math.Copysign(0, -1))
			bytes := (n + 7) / 8
			first, second := make([]byte, bytes+1), make([]byte, bytes+1)
			first[bytes], second[bytes] = 77, 77
			sum := m.Signs(first, second, x, 1)
			if generic := Generic.Signs(slices.Clone(first), slices.Clone(second), x, 1); sum != generic {
				t.Errorf("%d numbers: sum %g, generic %g", n, sum, generic)
			}
			want := 0.0
			for i, y := range x {
				c := 2
				if math.Signbit(float64(y)) {
					c = 1
				}
				if math.Abs(float64(y)) >= 1 {
					c += 2*c - 3
				}
				want += float64(y) * float64(2*c-3)
				if got := int(first[i/8]>>(i%8)&1<<1 | second[i/8]>>(i%8)&1); got != c {
					t.Fatalf("%d numbers: code of %g is %d, want %d", n, y, got, c)
				}
			}
			if math.Abs(sum-want) > 1e-5*want+1e-6 {
				t.Errorf("%d numbers: sum %g, want %g", n, sum, want)
			}
			if n%8 > 0 && (first[bytes-1]>>(n%8) != 0 || second[bytes-1]>>(n%8) != 0) || first[bytes] != 77 || second[bytes] != 77 {
				t.Errorf("%d numbers: bits beyond them", n)
			}
		}
	})
}

// BenchmarkScan times whole scans of sketches of 384 dimensions: in the first-level
// cache, in the last, and in memory.
func BenchmarkScan(b *testing.B) {
	for planes := 1; planes <= 2; planes++ {
		for _, rows := range []int{512, 259_840, 1_000_000} {
			q, blocks := randomScan(rand.New(rand.NewPCG(45, 46)), 48, planes, rows/SketchRows)
			scores, over := make([]float32, rows), make([]uint64, rows/SketchRows)
			for _, m := range Available() {
				b.Run(fmt.Sprintf("bits=%d/rows=%d/%v", planes, rows, m), func(b *testing.B) {
					for b.Loop() {
						m.Scan(q, blocks, 0.5, scores, over)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
				})
			}
		}
	}
}
