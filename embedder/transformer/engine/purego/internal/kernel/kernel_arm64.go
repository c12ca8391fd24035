//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// vectorised returns the Set in assembly: every arm64 processor has NEON.
func vectorised() []*Set { return []*Set{neon} }

// neon has a tile of bytes only where the processor has the dot product instructions,
// as they have had since 2018 or so.
var neon = func() *Set {
	s := &Set{
		Name: "neon", Rows: 8, Cols: 8, Lanes: 4,
		tile: tileNEON, softmax: softmaxNEON, gelu: geluNEON, geluTanh: geluTanhNEON, addNorm: addNormNEON,
	}
	if cpu.ARM64.HasASIMDDP {
		s.tileInt8, s.quantize = tileInt8NEON, quantizeNEON
	}
	return s
}()

//go:noescape
func tileNEON(m, k int, a *float32, lda int, b *float32, ldb int, bias, c *float32, ldc int)

//go:noescape
func tileInt8NEON(m, steps int, a *uint8, lda int, b *int8, shift *int32, scale, bias, rows, c *float32, ldc int)

//go:noescape
func softmaxNEON(x *float32, n int, scale float32)

//go:noescape
func geluNEON(x *float32, n int)

//go:noescape
func geluTanhNEON(x *float32, n int)

//go:noescape
func quantizeNEON(dst *uint8, x *float32, n int) float32

//go:noescape
func addNormNEON(x, y, w, b *float32, n int, eps float32)
