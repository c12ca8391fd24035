package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Every Set is held to the generic one, and the generic one to math in
// float64.

func rng(t *testing.T, seed uint64) *rand.Rand {
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// far reports the first element in which got is further from want than an
// absolute and a relative tolerance allow together.
func far(got []float32, want []float64, abs, rel float64) (i int, bad bool) {
	for i := range got {
		if d := math.Abs(float64(got[i]) - want[i]); !(d <= abs+rel*math.Abs(want[i])) {
			return i, true
		}
	}
	return 0, false
}

func forAll(t *testing.T, f func(t *testing.T, s *Set)) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) { f(t, s) })
	}
}

func TestTile(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		r := rng(t, 1)
		for m := 1; m <= s.Rows; m++ {
			for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 31, 64, 385} {
				lda, ldb, ldc := k+r.IntN(3), s.Cols+r.IntN(3), s.Cols+r.IntN(5)
				a, b, bias := random(r, m*lda), random(r, k*ldb), random(r, s.Cols)
				const guard = 12345
				c := make([]float32, (m-1)*ldc+s.Cols, m*ldc+64)
				all := c[:cap(c)]
				for i := range all {
					all[i] = guard
				}
				s.Tile(m, k, a, lda, b, ldb, bias, c, ldc)
				for i := range m {
					want := make([]float64, s.Cols)
					size := make([]float64, s.Cols)
					for j := range want {
						want[j] = float64(bias[j])
						for x := range k {
							p := float64(a[i*lda+x]) * float64(b[x*ldb+j])
							want[j] += p
							size[j] += math.Abs(p)
						}
					}
					row := c[i*ldc : i*ldc+s.Cols]
					for j := range row {
						if d := math.Abs(float64(row[j]) - want[j]); !(d <= 1e-6*(size[j]+1)) {
							t.Fatalf("m %d k %d: c[%d][%d] = %g, want %g", m, k, i, j, row[j], want[j])
						}
					}
					for j := i*ldc + s.Cols; j < min((i+1)*ldc, len(all)); j++ {
						if all[j] != guard {
							t.Fatalf("m %d k %d: wrote beside row %d", m, k, i)
						}
					}
				}
				if i := slices.IndexFunc(all[len(c):], func(v float32) bool { return v != guard }); i >= 0 {
					t.Fatalf("m %d k %d: wrote %d beyond c", m, k, i)
				}
			}
		}
	})
}

// A row has the same bits alone and in every tile: what makes an embedding
// independent of its batch.
func TestTileRowsAlike(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		r := rng(t, 2)
		const k = 131
		a, b, bias := random(r, s.Rows*k), random(r, k*s.Cols), random(r, s.Cols)
		alone := make([]float32, s.Cols)
		together := make([]float32, s.Rows*s.Cols)
		for m := 1; m <= s.Rows; m++ {
			s.Tile(m, k, a, k, b, s.Cols, bias, together, s.Cols)
			for i := range m {
				s.Tile(1, k, a[i*k:], k, b, s.Cols, bias, alone, s.Cols)
				if !slices.Equal(alone, together[i*s.Cols:(i+1)*s.Cols]) {
					t.Fatalf("row %d of %d differs from itself alone", i, m)
				}
			}
		}
	})
}

func TestTilePanicsOnShortSlices(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		a, b, bias, c := make([]float32, 8), make([]float32, 8*s.Cols), make([]float32, s.Cols), make([]float32, s.Cols)
		for name, f := range map[string]func(){
			"rows": func() { s.Tile(s.Rows+1, 8, a, 8, b, s.Cols, bias, c, s.Cols) },
			"none": func() { s.Tile(0, 8, a, 8, b, s.Cols, bias, c, s.Cols) },
			"k":    func() { s.Tile(1, 0, a, 8, b, s.Cols, bias, c, s.Cols) },
			"a":    func() { s.Tile(1, 9, a, 8, make([]float32, 9*s.Cols), s.Cols, bias, c, s.Cols) },
			"b":    func() { s.Tile(1, 8, a, 8, b[1:], s.Cols, bias, c, s.Cols) },
			"bias": func() { s.Tile(1, 8, a, 8, b, s.Cols, bias[1:], c, s.Cols) },
			"c":    func() { s.Tile(1, 8, a, 8, b, s.Cols, bias, c[1:], s.Cols) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				f()
			}()
		}
	})
}

// lengths are some that the vectors divide and some that they don't.
var lengths = []int{1, 3, 8, 15, 16, 17, 32, 48, 128, 384, 400}

func TestSoftmax(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		r := rng(t, 3)
		for _, n := range lengths {
			for _, scale := range []float32{0.125, 1, 20} {
				x := random(r, n)
				masked := n / 3
				Mask(x[n-masked:])
				want := make([]float64, n)
				sum := 0.0
				for i, v := range x {
					want[i] = math.Exp(float64(scale) * float64(v))
					sum += want[i]
				}
				for i := range want {
					want[i] /= sum
				}
				s.Softmax(x, scale)
				// The exponent's rounding is the result's relative error.
				if i, bad := far(x, want, 1e-30, 1e-7*max(10, 10*float64(scale))); bad {
					t.Fatalf("n %d scale %g: element %d is %g, want %g", n, scale, i, x[i], want[i])
				}
			}
		}
	})
}

func TestActivations(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		var x []float32
		for v := float32(-12); v <= 12; v += 1.0 / 512 {
			x = append(x, v)
		}
		x = append(x, 0, -100, 100, 1e-20, -1e-20, 3e4, -3e4)
		for len(x)%16 != 0 {
			x = append(x, 0.5)
		}
		for _, f := range []struct {
			name string
			run  func([]float32)
			want func(x float64) float64
		}{
			{"gelu", s.GELU, func(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }},
			{"gelu_new", s.GELUTanh, func(x float64) float64 {
				return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
			}},
			{"relu", ReLU, func(x float64) float64 { return max(x, 0) }},
		} {
			for _, n := range []int{len(x), len(x) - 5} {
				got := slices.Clone(x[:n])
				f.run(got)
				want := make([]float64, n)
				for i, v := range x[:n] {
					want[i] = f.want(float64(v))
				}
				// Below -5 GELU is a small difference of large numbers, in
				// float32 by nature.
				if i, bad := far(got, want, 4e-7, 4e-7); bad {
					t.Fatalf("%s(%g) = %g, want %g", f.name, x[i], got[i], want[i])
				}
			}
		}
	})
}

func TestAddNorm(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		r := rng(t, 4)
		for _, n := range lengths[2:] {
			x, y, w, b := random(r, n), random(r, n), random(r, n), random(r, n)
			const eps = 1e-5
			var mean, square float64
			for i := range x {
				mean += float64(x[i]) + float64(y[i])
			}
			mean /= float64(n)
			for i := range x {
				d := float64(x[i]) + float64(y[i]) - mean
				square += d * d
			}
			want := make([]float64, n)
			for i := range x {
				want[i] = (float64(x[i])+float64(y[i])-mean)/math.Sqrt(square/float64(n)+eps)*float64(w[i]) + float64(b[i])
			}
			s.AddNorm(x, y, w, b, eps)
			if i, bad := far(x, want, 2e-6, 2e-6); bad {
				t.Fatalf("n %d: element %d is %g, want %g", n, i, x[i], want[i])
			}
		}
	})
}

// exp and erf are within a few units of the last place.
func TestFunctions(t *testing.T) {
	t.Parallel()
	worstExp, worstErf := 0.0, 0.0
	for x := float32(-87); x <= 88; x += 1.0 / 1024 {
		want := math.Exp(float64(x))
		worstExp = max(worstExp, math.Abs(float64(exp(x))-want)/want)
	}
	for x := float32(-5); x <= 5; x += 1.0 / 4096 {
		want := math.Erf(float64(x))
		if x != 0 {
			worstErf = max(worstErf, math.Abs(float64(erf(x))-want)/math.Abs(want))
		}
	}
	t.Logf("largest relative error: exp %.2g, erf %.2g", worstExp, worstErf)
	if worstExp > 3e-7 || worstErf > 3e-7 {
		t.Errorf("relative error of exp %g, of erf %g, want at most 3e-7", worstExp, worstErf)
	}
}

func BenchmarkKernels(b *testing.B) {
	for _, s := range All() {
		r := rand.New(rand.NewPCG(5, 5))
		x, y, w := random(r, 384), random(r, 384), random(r, 384)
		long := random(r, 1536)
		b.Run(s.Name+"/tile", func(b *testing.B) {
			const k = 384
			a, p, c := random(r, s.Rows*k), random(r, k*s.Cols), make([]float32, s.Rows*s.Cols)
			for b.Loop() {
				s.Tile(s.Rows, k, a, k, p, s.Cols, p, c, s.Cols)
			}
			b.ReportMetric(float64(2*s.Rows*s.Cols*k*b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
		b.Run(s.Name+"/tileInt8", func(b *testing.B) {
			const k = 384
			codes, p, c := make([]uint8, s.Rows*k), make([]int8, k*s.Cols), make([]float32, s.Rows*s.Cols)
			shift := make([]int32, s.Cols)
			for b.Loop() {
				s.TileInt8(s.Rows, k, codes, k, p, shift, x, y, w, c, s.Cols)
			}
			b.ReportMetric(float64(2*s.Rows*s.Cols*k*b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
		b.Run(s.Name+"/quantize1536", func(b *testing.B) {
			codes := make([]uint8, len(long))
			for b.Loop() {
				s.Quantize(codes, long)
			}
		})
		b.Run(s.Name+"/softmax128", func(b *testing.B) {
			for b.Loop() {
				s.Softmax(x[:128], 0.2)
			}
		})
		b.Run(s.Name+"/gelu1536", func(b *testing.B) {
			for b.Loop() {
				s.GELU(long)
			}
		})
		b.Run(s.Name+"/addNorm384", func(b *testing.B) {
			for b.Loop() {
				s.AddNorm(x, y, w, w, 1e-5)
			}
		})
	}
}

// Products of bytes are those of the integers, in every Set to the bit.
func TestTileInt8(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		r := rng(t, 6)
		for m := 1; m <= s.Rows; m++ {
			for _, k := range []int{4, 8, 60, 384} {
				lda, ldc := k+r.IntN(5), s.Cols+r.IntN(5)
				a, b, shift := make([]uint8, m*lda), make([]int8, k*s.Cols), make([]int32, s.Cols)
				for i := range a {
					a[i] = uint8(r.IntN(256))
				}
				for i := range b {
					b[i] = int8(r.IntN(255) - 127)
				}
				for i, v := range b {
					shift[i/Int8Step%s.Cols] += 128 * int32(v)
				}
				scale, bias, rows := random(r, s.Cols), random(r, s.Cols), random(r, m)
				c := make([]float32, (m-1)*ldc+s.Cols)
				s.TileInt8(m, k, a, lda, b, shift, scale, bias, rows, c, ldc)
				for i := range m {
					for j := range s.Cols {
						sum := -int64(shift[j])
						for x := range k {
							sum += int64(a[i*lda+x]) * int64(b[(x/4*s.Cols+j)*4+x%4])
						}
						want := float64(rows[i])*float64(sum)*float64(scale[j]) + float64(bias[j])
						size := math.Abs(want-float64(bias[j])) + math.Abs(float64(bias[j]))
						if d := math.Abs(float64(c[i*ldc+j]) - want); !(d <= 4e-7*size) {
							t.Fatalf("m %d k %d: c[%d][%d] = %g, want %g", m, k, i, j, c[i*ldc+j], want)
						}
					}
				}
			}
		}
	})
}

func TestQuantize(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, s *Set) {
		r := rng(t, 7)
		for _, n := range lengths {
			x := random(r, n)
			got, want := make([]uint8, n), make([]uint8, n)
			worth, wantWorth := s.Quantize(got, x), generic.Quantize(want, x)
			if !slices.Equal(got, want) || math.Abs(float64(worth/wantWorth-1)) > 1e-6 {
				t.Fatalf("n %d: %v worth %g, want %v worth %g", n, got, worth, want, wantWorth)
			}
			for i, v := range x {
				if d := math.Abs(float64(v) - float64(worth)*(float64(got[i])-128)); d > float64(worth)*0.51 {
					t.Fatalf("n %d: %g is %d of %g", n, v, got[i], worth)
				}
			}
			zero := make([]float32, n)
			if worth := s.Quantize(got, zero); got[0] != 128 || got[n-1] != 128 || !(worth < 1e-20) {
				t.Fatalf("n %d: zeros are %d of %g", n, got[0], worth)
			}
		}
	})
}
