package main

import "fmt"

// encodeAVX2 writes peakAVX2 and roundAVX2, the two passes over a vector that
// becomes a code of bytes, nibbleCodesAVX2 for codes of four bits, and signsAVX2 for
// sketches.
func encodeAVX2(a *asm) {
	a.constants(map[string]uint32{"abs": 0x7fffffff, "lowest": 0x81818181, "eight": 0x41000000, "fifteen": 0x41700000})
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

	a.text("nibbleCodesAVX2", "(dst *byte, x *float32, scale float32)", 0, 20)
	a.comment("32 numbers")
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ x+8(FP), SI")
	a.op("VBROADCASTSS scale+16(FP), Y8")
	a.op("VMOVDQU unlace<>(SB), Y9")
	a.op("VMOVUPS eight<>(SB), Y10")
	a.op("VMOVUPS fifteen<>(SB), Y11")
	a.op("VXORPS X12, X12, X12")
	for i := range 4 {
		a.op("VMULPS %d(SI), Y8, Y%d", 32*i, i)
		a.op("VADDPS Y10, Y%d, Y%d", i, i)
		a.op("VMINPS Y11, Y%d, Y%d", i, i)
		a.op("VMAXPS Y12, Y%d, Y%d", i, i)
		a.op("VCVTTPS2DQ Y%d, Y%d", i, i)
	}
	a.op("VPACKSSDW Y1, Y0, Y0")
	a.op("VPACKSSDW Y3, Y2, Y2")
	a.op("VPACKSSWB Y2, Y0, Y0")
	a.op("VPERMD Y0, Y9, Y0")
	a.op("VMOVDQU Y0, (DI)")
	a.op("VZEROUPPER")
	a.op("RET")

	a.text("signsAVX2", "(first, second *byte, x *float32, n int, step float32, sums *SketchSums)", 0, 48)
	a.comment("n is a positive multiple of 8")
	a.op("MOVQ first+0(FP), DI")
	a.op("MOVQ second+8(FP), DX")
	a.op("MOVQ x+16(FP), SI")
	a.op("MOVQ n+24(FP), CX")
	a.op("MOVQ sums+40(FP), BX")
	a.op("VBROADCASTSS step+32(FP), Y8")
	a.op("VMOVUPS abs<>(SB), Y9")
	a.op("VMOVUPS (BX), Y10")
	a.label("loop")
	a.op("VMOVUPS (SI), Y0")
	a.op("VMOVMSKPS Y0, AX")
	a.op("VANDPS Y0, Y9, Y0")
	a.op("VCMPPS $0x1d, Y8, Y0, Y1")
	a.op("VMOVMSKPS Y1, R8")
	a.op("VADDPS Y0, Y0, Y2")
	a.op("VANDPS Y2, Y1, Y2")
	a.op("VADDPS Y2, Y0, Y0")
	a.op("VADDPS Y0, Y10, Y10")
	a.op("XORL AX, R8")
	a.op("NOTL AX")
	a.op("MOVB AX, (DI)")
	a.op("MOVB R8, (DX)")
	a.op("ADDQ $32, SI")
	a.op("INCQ DI")
	a.op("INCQ DX")
	a.op("SUBQ $8, CX")
	a.op("JNZ loop")
	a.op("VMOVUPS Y10, (BX)")
	a.op("VZEROUPPER")
	a.op("RET")
}
