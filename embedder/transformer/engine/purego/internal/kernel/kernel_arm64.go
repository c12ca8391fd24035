//go:build !noasm

package kernel

// vectorised returns the Set in assembly: every arm64 processor has NEON.
func vectorised() []*Set { return []*Set{neon} }

// neon has a tile in assembly, where most of the time goes; the rest is the
// generic code.
var neon = &Set{Name: "neon", Rows: 8, Cols: 8, Lanes: 1, tile: tileNEON}

//go:noescape
func tileNEON(m, k int, a *float32, lda int, b *float32, ldb int, bias, c *float32, ldc int)
