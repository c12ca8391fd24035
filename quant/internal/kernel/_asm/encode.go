package main

import "fmt"

// encodeAVX2 writes peakAVX2 and roundAVX2: the two passes over a vector that
// becomes a code.
func encodeAVX2(a *asm) {
	a.constants(map[string]uint32{"abs": 0x7fffffff, "lowest": 0x81818181})
	for i, w := range []int{0, 4, 1, 5, 2, 6, 3, 7} {
		fmt.Fprintf(&a.b, "DATA unlace<>+%d(SB)/4, $%d\n", 4*i, w)
	}
	fmt.Fprintf(&a.b, "GLOBL unlace<>(SB), RODATA|NOPTR, $32\n")

	a.text("peakAVX2", "(v *float32, n int) float32", 0, 20)
	a.comment("n is a positive multiple of 32; the maximum is kept where an element is a NaN")
	a.op("MOVQ v+0(FP), SI")
	a.op("MOVQ n+8(FP), CX")
	a.op("VMOVUPS abs<>(SB), Y8")
	for i := range 4 {
		a.op("VXORPS X%d, X%d, X%d", i, i, i)
	}
	a.label("loop")
	for i := range 4 {
		a.op("VANDPS %d(SI), Y8, Y%d", 32*i, 4+i)
	}
	for i := range 4 {
		a.op("VMAXPS Y%d, Y%d, Y%d", i, 4+i, i)
	}
	a.op("ADDQ $128, SI")
	a.op("SUBQ $32, CX")
	a.op("JNZ loop")
	a.op("VMAXPS Y1, Y0, Y0")
	a.op("VMAXPS Y3, Y2, Y2")
	a.op("VMAXPS Y2, Y0, Y0")
	a.op("VEXTRACTF128 $1, Y0, X1")
	a.op("VMAXPS X1, X0, X0")
	a.op("VPSHUFD $0x4e, X0, X1")
	a.op("VMAXPS X1, X0, X0")
	a.op("VPSHUFD $0xb1, X0, X1")
	a.op("VMAXPS X1, X0, X0")
	a.op("VZEROUPPER")
	a.op("MOVSS X0, ret+16(FP)")
	a.op("RET")

	a.text("roundAVX2", "(dst *byte, v *float32, n int, scale float32)", 0, 28)
	a.comment("n is a positive multiple of 32")
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ v+8(FP), SI")
	a.op("MOVQ n+16(FP), CX")
	a.op("VBROADCASTSS scale+24(FP), Y8")
	a.op("VMOVDQU unlace<>(SB), Y9")
	a.op("VMOVDQU lowest<>(SB), Y10")
	a.label("loop")
	for i := range 4 {
		a.op("VMULPS %d(SI), Y8, Y%d", 32*i, i)
		a.op("VCVTPS2DQ Y%d, Y%d", i, i)
	}
	a.op("VPACKSSDW Y1, Y0, Y0")
	a.op("VPACKSSDW Y3, Y2, Y2")
	a.op("VPACKSSWB Y2, Y0, Y0")
	a.op("VPERMD Y0, Y9, Y0")
	a.op("VPMAXSB Y10, Y0, Y0")
	a.op("VMOVDQU Y0, (DI)")
	a.op("ADDQ $128, SI")
	a.op("ADDQ $32, DI")
	a.op("SUBQ $32, CX")
	a.op("JNZ loop")
	a.op("VZEROUPPER")
	a.op("RET")
}
