//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// vectorised returns the Sets in assembly that this processor can run.
func vectorised() []*Set {
	var sets []*Set
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, avx2)
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
		set := *avx512
		if cpu.X86.HasAVX512VNNI {
			set.tileInt8, set.quantize = tileInt8AVX512, quantizeAVX512
		}
		sets = append(sets, &set)
	}
	return sets
}

var avx2 = &Set{
	Name: "avx2", Rows: 6, Cols: 16, Lanes: 8,
	tile: tileAVX2, softmax: softmaxAVX2, gelu: geluAVX2, geluTanh: geluTanhAVX2, addNorm: addNormAVX2,
}

var avx512 = &Set{
	Name: "avx512", Rows: 12, Cols: 32, Lanes: 16,
	tile: tileAVX512, softmax: softmaxAVX512, gelu: geluAVX512, geluTanh: geluTanhAVX512, addNorm: addNormAVX512,
}

//go:noescape
func tileAVX2(m, k int, a *float32, lda int, b *float32, ldb int, bias, c *float32, ldc int)

//go:noescape
func tileAVX512(m, k int, a *float32, lda int, b *float32, ldb int, bias, c *float32, ldc int)

//go:noescape
func softmaxAVX2(x *float32, n int, scale float32)

//go:noescape
func softmaxAVX512(x *float32, n int, scale float32)

//go:noescape
func geluAVX2(x *float32, n int)

//go:noescape
func geluAVX512(x *float32, n int)

//go:noescape
func geluTanhAVX2(x *float32, n int)

//go:noescape
func geluTanhAVX512(x *float32, n int)

//go:noescape
func addNormAVX2(x, y, w, b *float32, n int, eps float32)

//go:noescape
func addNormAVX512(x, y, w, b *float32, n int, eps float32)

//go:noescape
func tileInt8AVX512(m, steps int, a *uint8, lda int, b *int8, shift *int32, scale, bias, rows, c *float32, ldc int)

//go:noescape
func quantizeAVX512(dst *uint8, x *float32, n int) float32
