//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// vectorised returns the Set in assembly: every arm64 processor has NEON.
func vectorised() []*Set { return []*Set{neon} }

// neon has tiles in assembly, where most of the time goes; the rest is the generic
// code. That of bytes takes the dot product instructions, which processors have had
// since 2018 or so.
var neon = func() *Set {
	s := &Set{Name: "neon", Rows: 8, Cols: 8, Lanes: 1, tile: tileNEON}
	if cpu.ARM64.HasASIMDDP {
		s.tileInt8 = tileInt8NEON
	}
	return s
}()

//go:noescape
func tileNEON(m, k int, a *float32, lda int, b *float32, ldb int, bias, c *float32, ldc int)

//go:noescape
func tileInt8NEON(m, steps int, a *uint8, lda int, b *int8, shift *int32, scale, bias, rows, c *float32, ldc int)
