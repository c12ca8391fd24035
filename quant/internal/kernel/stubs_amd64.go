//go:build !noasm

package kernel

// The functions written in assembly. They return how many of the n ids they
// have done; fewer than n means that one is not below rows. With norms, the
// distance kernels write q·r to out and r·r to norms instead of keys, and write
// whole groups of four.

//go:noescape
func distancesAVX2(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int

//go:noescape
func distancesVNNI(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int

//go:noescape
func nibblesAVX2(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, zero int32) int

//go:noescape
func nibblesVNNI(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, zero int32) int

//go:noescape
func expandAVX2(dst, row *byte, n int)

//go:noescape
func nibbleCodesAVX2(dst *byte, x *float32, scale float32)

//go:noescape
func prefetchAVX2(chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int)

//go:noescape
func dotsAVX2(q, rows *float32, dims int, have uint32, ids *uint32, n int, out *float32) int

//go:noescape
func dotAVX2(a, b *float32, n int) float32

//go:noescape
func peakAVX2(v *float32, n int) float32

//go:noescape
func roundAVX2(dst *byte, v *float32, n int, scale float32)

// Those of sketches have no ids: n blocks, one behind the other.

//go:noescape
func scanAVX2(tables *byte, groups, planes int, base int32, scale float32, blocks *byte, n int, floor, shift float32, scores *float32, over *uint64)

//go:noescape
func scanAVX512(tables *byte, groups, planes int, base int32, scale float32, blocks *byte, n int, floor, shift float32, scores *float32, over *uint64)

//go:noescape
func signsAVX2(first, second *byte, x *float32, n int, step float32, sums *SketchSums)

// Those of rotations take multiples of 32 numbers; hadamardAVX2 a power of two.

//go:noescape
func flipAVX2(dst, v *float32, flips *uint32, n int)

//go:noescape
func hadamardAVX2(v *float32, n int, scale float32)

//go:noescape
func mixAVX2(a, b *float32, n int)
