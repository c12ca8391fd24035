package main

import "fmt"

// f32AVX2 writes dotsAVX2 and dotAVX2: float32 dot products of any length.
//
// Rows of a length that is not a multiple of 8 end with a masked load, which
// reads nothing past the row.
func f32AVX2(a *asm) {
	a.comment("n words of all ones start at 4·(8−n)")
	for i := range 16 {
		w := 0
		if i < 8 {
			w = 0xffffffff
		}
		fmt.Fprintf(&a.b, "DATA tailmask<>+%d(SB)/4, $0x%08x\n", 4*i, w)
	}
	fmt.Fprintf(&a.b, "GLOBL tailmask<>(SB), RODATA|NOPTR, $64\n")

	const sig = "(q, rows *float32, dims int, have uint32, ids *uint32, n int, out *float32) int"
	a.text("dotsAVX2", sig, 0, 64)
	a.comment("SI q, DI rows, AX bytes of a row, BX ids, CX ids left, DX out")
	a.comment("R8–R11 four rows, R12 offset, R13 the last offset of a step of 64 bytes")
	a.op("MOVQ q+0(FP), SI")
	a.op("MOVQ rows+8(FP), DI")
	a.op("MOVQ dims+16(FP), AX")
	a.op("MOVQ ids+32(FP), BX")
	a.op("MOVQ n+40(FP), CX")
	a.op("MOVQ out+48(FP), DX")
	a.op("MOVQ AX, R12")
	a.op("ANDQ $7, R12")
	a.op("SHLQ $2, R12")
	a.op("LEAQ tailmask<>+32(SB), R8")
	a.op("SUBQ R12, R8")
	a.op("VMOVDQU (R8), Y15")
	a.op("SHLQ $2, AX")
	a.op("LEAQ -64(AX), R13")

	rows := list("R%d", 8, 4)
	addr := func(i int, r string) {
		a.op("MOVL %d(BX), %s", 4*i, r)
		a.op("CMPL %s, have+24(FP)", r)
		a.op("JAE bad")
		a.op("IMULQ AX, %s", r)
		a.op("ADDQ DI, %s", r)
	}
	a.label("group")
	a.op("CMPQ CX, $4")
	a.op("JLT short")
	a.comment("fetch the rows of the next group, as far as there are some")
	for i := range 4 {
		a.op("CMPQ CX, $%d", 4+i)
		a.op("JLE load")
		a.op("MOVL %d(BX), R8", 16+4*i)
		a.op("IMULQ AX, R8")
		a.op("ADDQ DI, R8")
		for l := range 6 {
			a.op("PREFETCHT0 %d(R8)", 64*l)
		}
	}
	a.label("load")
	for i, r := range rows {
		addr(i, r)
	}
	a.op("JMP dot")
	a.label("short")
	addr(0, "R8")
	for i := 1; i < 4; i++ {
		a.op("MOVQ R8, %s", rows[i])
	}
	for i := 1; i < 3; i++ {
		a.op("CMPQ CX, $%d", i+1)
		a.op("JLT dot")
		addr(i, rows[i])
	}
	a.label("dot")
	for i := range 8 {
		a.op("VXORPS X%d, X%d, X%d", 1+i, 1+i, 1+i)
	}
	a.op("XORQ R12, R12")
	a.label("step")
	a.op("CMPQ R12, R13")
	a.op("JGT half")
	a.op("VMOVUPS (SI)(R12*1), Y0")
	a.op("VMOVUPS 32(SI)(R12*1), Y9")
	for i, r := range rows {
		a.op("VFMADD231PS (%s)(R12*1), Y0, Y%d", r, 1+i)
	}
	for i, r := range rows {
		a.op("VFMADD231PS 32(%s)(R12*1), Y9, Y%d", r, 5+i)
	}
	a.op("ADDQ $64, R12")
	a.op("JMP step")
	a.label("half")
	a.op("SUBQ R12, AX")
	a.op("CMPQ AX, $32")
	a.op("JLT tail")
	a.op("VMOVUPS (SI)(R12*1), Y0")
	for i, r := range rows {
		a.op("VFMADD231PS (%s)(R12*1), Y0, Y%d", r, 1+i)
	}
	a.op("ADDQ $32, R12")
	a.op("SUBQ $32, AX")
	a.label("tail")
	a.op("TESTQ AX, AX")
	a.op("JEQ sum")
	a.op("VMASKMOVPS (SI)(R12*1), Y15, Y0")
	for i, r := range rows {
		a.op("VMASKMOVPS (%s)(R12*1), Y15, Y9", r)
		a.op("VFMADD231PS Y9, Y0, Y%d", 5+i)
	}
	a.label("sum")
	a.op("MOVQ dims+16(FP), AX")
	a.op("SHLQ $2, AX")
	for i := range 4 {
		a.op("VADDPS Y%d, Y%d, Y%d", 5+i, 1+i, 1+i)
	}
	a.op("VHADDPS Y2, Y1, Y1")
	a.op("VHADDPS Y4, Y3, Y3")
	a.op("VHADDPS Y3, Y1, Y1")
	a.op("VEXTRACTF128 $1, Y1, X2")
	a.op("VADDPS X2, X1, X1")
	a.op("CMPQ CX, $4")
	a.op("JLT partial")
	a.op("VMOVUPS X1, (DX)")
	a.op("ADDQ $16, DX")
	a.op("ADDQ $16, BX")
	a.op("SUBQ $4, CX")
	a.op("JNZ group")
	a.op("JMP done")
	a.label("partial")
	a.op("VMOVSS X1, (DX)")
	a.op("CMPQ CX, $2")
	a.op("JLT done")
	a.op("VEXTRACTPS $1, X1, 4(DX)")
	a.op("JEQ done")
	a.op("VEXTRACTPS $2, X1, 8(DX)")
	a.label("done")
	a.op("XORQ CX, CX")
	a.label("bad")
	a.op("VZEROUPPER")
	a.op("MOVQ n+40(FP), AX")
	a.op("SUBQ CX, AX")
	a.op("MOVQ AX, ret+56(FP)")
	a.op("RET")

	a.text("dotAVX2", "(a, b *float32, n int) float32", 0, 28)
	a.op("MOVQ a+0(FP), SI")
	a.op("MOVQ b+8(FP), DI")
	a.op("MOVQ n+16(FP), CX")
	for i := range 4 {
		a.op("VXORPS X%d, X%d, X%d", i, i, i)
	}
	a.label("step")
	a.op("CMPQ CX, $32")
	a.op("JLT eight")
	for i := range 4 {
		a.op("VMOVUPS %d(SI), Y%d", 32*i, 4+i)
		a.op("VFMADD231PS %d(DI), Y%d, Y%d", 32*i, 4+i, i)
	}
	a.op("ADDQ $128, SI")
	a.op("ADDQ $128, DI")
	a.op("SUBQ $32, CX")
	a.op("JMP step")
	a.label("eight")
	a.op("CMPQ CX, $8")
	a.op("JLT tail")
	a.op("VMOVUPS (SI), Y4")
	a.op("VFMADD231PS (DI), Y4, Y0")
	a.op("ADDQ $32, SI")
	a.op("ADDQ $32, DI")
	a.op("SUBQ $8, CX")
	a.op("JMP eight")
	a.label("tail")
	a.op("TESTQ CX, CX")
	a.op("JEQ sum")
	a.op("SHLQ $2, CX")
	a.op("LEAQ tailmask<>+32(SB), R8")
	a.op("SUBQ CX, R8")
	a.op("VMOVDQU (R8), Y15")
	a.op("VMASKMOVPS (SI), Y15, Y4")
	a.op("VMASKMOVPS (DI), Y15, Y5")
	a.op("VFMADD231PS Y5, Y4, Y1")
	a.label("sum")
	a.op("VADDPS Y1, Y0, Y0")
	a.op("VADDPS Y3, Y2, Y2")
	a.op("VADDPS Y2, Y0, Y0")
	a.op("VEXTRACTF128 $1, Y0, X1")
	a.op("VADDPS X1, X0, X0")
	a.op("VHADDPS X0, X0, X0")
	a.op("VHADDPS X0, X0, X0")
	a.op("VZEROUPPER")
	a.op("VMOVSS X0, ret+24(FP)")
	a.op("RET")
}
