package main

import "fmt"

// rotateAVX2 writes the steps of a rotation: flipAVX2, hadamardAVX2 and mixAVX2.
func rotateAVX2(a *asm) {
	a.constants(map[string]uint32{"half": 0x3f3504f3}) // 1/√2
	// Sign bits of every second number, of every second pair, of the upper four.
	for step, name := range []string{"odd", "pairs", "upper"} {
		for i := range 8 {
			fmt.Fprintf(&a.b, "DATA %s<>+%d(SB)/4, $0x%08x\n", name, 4*i, uint32(i>>step&1)<<31)
		}
		fmt.Fprintf(&a.b, "GLOBL %s<>(SB), RODATA|NOPTR, $32\n", name)
	}

	a.text("flipAVX2", "(dst, v *float32, flips *uint32, n int)", 0, 32)
	a.comment("n is a positive multiple of 32, here and below")
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ v+8(FP), SI")
	a.op("MOVQ flips+16(FP), BX")
	a.op("MOVQ n+24(FP), CX")
	a.op("SHLQ $2, CX")
	a.op("XORQ AX, AX")
	a.label("loop")
	for i := range 4 {
		a.op("VMOVUPS %d(SI)(AX*1), Y%d", 32*i, i)
	}
	for i := range 4 {
		a.op("VXORPS %d(BX)(AX*1), Y%d, Y%d", 32*i, i, i)
	}
	for i := range 4 {
		a.op("VMOVUPS Y%d, %d(DI)(AX*1)", i, 32*i)
	}
	a.op("ADDQ $128, AX")
	a.op("CMPQ AX, CX")
	a.op("JLT loop")
	a.op("VZEROUPPER")
	a.op("RET")

	a.text("mixAVX2", "(a, b *float32, n int)", 0, 24)
	a.op("MOVQ a+0(FP), DI")
	a.op("MOVQ b+8(FP), SI")
	a.op("MOVQ n+16(FP), CX")
	a.op("SHLQ $2, CX")
	a.op("XORQ AX, AX")
	a.op("VMOVUPS half<>(SB), Y15")
	a.label("loop")
	for i := range 4 {
		a.op("VMOVUPS %d(DI)(AX*1), Y%d", 32*i, i)
		a.op("VMOVUPS %d(SI)(AX*1), Y%d", 32*i, 4+i)
		a.op("VADDPS Y%d, Y%d, Y%d", 4+i, i, 8+i)
		a.op("VSUBPS Y%d, Y%d, Y%d", 4+i, i, i)
		a.op("VMULPS Y15, Y%d, Y%d", 8+i, 8+i)
		a.op("VMULPS Y15, Y%d, Y%d", i, i)
		a.op("VMOVUPS Y%d, %d(DI)(AX*1)", 8+i, 32*i)
		a.op("VMOVUPS Y%d, %d(SI)(AX*1)", i, 32*i)
	}
	a.op("ADDQ $128, AX")
	a.op("CMPQ AX, CX")
	a.op("JLT loop")
	a.op("VZEROUPPER")
	a.op("RET")

	hadamardAVX2(a)
}

// hadamardAVX2: in a first pass, 32 numbers are in four registers, and all steps
// within them are done. Further passes take two steps each, over four registers
// that lie h apart, and the last one takes what is left.
//
//	DI v, CX bytes, AX bytes from one register to the next, DX bytes of four
//	Y12–Y14 the signs, Y15 scale
func hadamardAVX2(a *asm) {
	a.text("hadamardAVX2", "(v *float32, n int, scale float32)", 0, 20)
	a.op("MOVQ v+0(FP), DI")
	a.op("MOVQ n+8(FP), CX")
	a.op("SHLQ $2, CX")
	a.op("VBROADCASTSS scale+16(FP), Y15")
	a.op("VMOVUPS odd<>(SB), Y12")
	a.op("VMOVUPS pairs<>(SB), Y13")
	a.op("VMOVUPS upper<>(SB), Y14")
	a.op("XORQ BX, BX")
	a.label("first")
	for i := range 4 {
		a.op("VMOVUPS %d(DI)(BX*1), Y%d", 32*i, i)
	}
	for step, swap := range []string{"VPERMILPS $0xb1, Y%d, Y%d", "VPERMILPS $0x4e, Y%d, Y%d", "VPERM2F128 $0x01, Y%[1]d, Y%[1]d, Y%[2]d"} {
		for i := range 4 {
			a.op(swap, i, 4+i)
			a.op("VXORPS Y%d, Y%d, Y%d", 12+step, i, i)
			a.op("VADDPS Y%d, Y%d, Y%d", i, 4+i, i)
		}
	}
	twoSteps(a)
	for i := range 4 {
		a.op("VMOVUPS Y%d, %d(DI)(BX*1)", i, 32*i)
	}
	a.op("SUBQ $-128, BX")
	a.op("CMPQ BX, CX")
	a.op("JLT first")

	a.op("MOVQ $128, AX")
	a.label("pass")
	a.op("LEAQ (AX*4), DX")
	a.op("CMPQ DX, CX")
	a.op("JGT last")
	a.op("LEAQ (AX)(AX*2), R10")
	a.op("MOVQ DI, R8")
	a.label("part")
	a.op("LEAQ (R8)(AX*1), R9")
	a.label("four")
	for i, at := range []string{"(R8)", "(R8)(AX*1)", "(R8)(AX*2)", "(R8)(R10*1)"} {
		a.op("VMOVUPS %s, Y%d", at, i)
	}
	twoSteps(a)
	for i, at := range []string{"(R8)", "(R8)(AX*1)", "(R8)(AX*2)", "(R8)(R10*1)"} {
		a.op("VMOVUPS Y%d, %s", i, at)
	}
	a.op("ADDQ $32, R8")
	a.op("CMPQ R8, R9")
	a.op("JLT four")
	a.op("ADDQ R10, R8")
	a.op("LEAQ (DI)(CX*1), R11")
	a.op("CMPQ R8, R11")
	a.op("JLT part")
	a.op("MOVQ DX, AX")
	a.op("JMP pass")

	a.comment("one step is left, or none; and the scale")
	a.label("last")
	a.op("XORQ BX, BX")
	a.op("CMPQ AX, CX")
	a.op("JEQ scaling")
	a.op("LEAQ (DI)(AX*1), SI")
	a.label("two")
	a.op("VMOVUPS (DI)(BX*1), Y0")
	a.op("VMOVUPS (SI)(BX*1), Y1")
	a.op("VADDPS Y1, Y0, Y2")
	a.op("VSUBPS Y1, Y0, Y0")
	a.op("VMULPS Y15, Y2, Y2")
	a.op("VMULPS Y15, Y0, Y0")
	a.op("VMOVUPS Y2, (DI)(BX*1)")
	a.op("VMOVUPS Y0, (SI)(BX*1)")
	a.op("ADDQ $32, BX")
	a.op("CMPQ BX, AX")
	a.op("JLT two")
	a.op("VZEROUPPER")
	a.op("RET")
	a.label("scaling")
	a.op("VMULPS (DI)(BX*1), Y15, Y0")
	a.op("VMOVUPS Y0, (DI)(BX*1)")
	a.op("ADDQ $32, BX")
	a.op("CMPQ BX, CX")
	a.op("JLT scaling")
	a.op("VZEROUPPER")
	a.op("RET")
}

// twoSteps transforms Y0–Y3, with Y4–Y7 for what is between.
func twoSteps(a *asm) {
	for _, i := range []int{0, 2} {
		a.op("VADDPS Y%d, Y%d, Y%d", i+1, i, 4+i)
		a.op("VSUBPS Y%d, Y%d, Y%d", i+1, i, 5+i)
	}
	for _, i := range []int{0, 1} {
		a.op("VADDPS Y%d, Y%d, Y%d", 6+i, 4+i, i)
		a.op("VSUBPS Y%d, Y%d, Y%d", 6+i, 4+i, 2+i)
	}
}
