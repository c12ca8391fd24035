package main

import "fmt"

// int8VNNI writes distancesVNNI: as distancesAVX2, 64 bytes at a time.
//
// VPDPBUSD multiplies unsigned by signed bytes and adds four neighbours to 32
// bits. For q·r the unsigned side is r + 128 (a flip of the top bit), and 128·Σq
// is taken off at the end; for r·r both sides are |r|.
func int8VNNI(a *asm) {
	a.constants(map[string]uint32{
		"vones32": 1, "vonef": 0x3f800000, "vkeyone": 0x4e000000,
		"vtop": 0x80808080,
	})
	const sig = "(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int"
	fmt.Fprintf(&a.b, "\n// func distancesVNNI%s\nTEXT ·distancesVNNI(SB), 0, $%d-80\n", sig, addrFrame)
	a.op("MOVQ chunks+8(FP), DI")
	a.op("MOVQ shift+16(FP), AX")
	a.op("MOVQ ids+40(FP), BX")
	a.op("MOVQ n+48(FP), CX")
	rowAddresses(a, "bad")

	a.op("MOVQ q+0(FP), SI")
	a.op("MOVQ stride+24(FP), R13")
	a.op("VPBROADCASTD vtop<>(SB), Z9")
	a.comment("q·q in all lanes of X15, 128·Σq in all lanes of X10")
	a.op("VPXOR X15, X15, X15")
	a.op("VPXOR X10, X10, X10")
	a.op("XORQ R12, R12")
	a.label("qnorm")
	a.op("VMOVDQU (SI)(R12*1), Y0")
	a.op("VPABSB Y0, Y1")
	a.op("VPDPBUSD Y1, Y1, Y15")
	a.op("VPDPBUSD Y0, Y9, Y10")
	a.op("ADDQ $32, R12")
	a.op("CMPQ R12, R13")
	a.op("JLT qnorm")
	for _, r := range []int{10, 15} {
		a.op("VEXTRACTI128 $1, Y%d, X0", r)
		a.op("VPADDD X0, X%d, X%d", r, r)
		a.op("VPSHUFD $0x4e, X%d, X0", r)
		a.op("VPADDD X0, X%d, X%d", r, r)
		a.op("VPSHUFD $0xb1, X%d, X0", r)
		a.op("VPADDD X0, X%d, X%d", r, r)
	}
	a.op("VPMAXSD vones32<>(SB), X15, X15")
	a.op("VCVTDQ2PS X15, X15")

	a.op("MOVQ out+56(FP), DX")
	a.op("LEAQ addr-%d(SP), BX", addrFrame)
	a.op("CMPQ R13, $192")
	a.op("JEQ group192")
	a.op("CMPQ R13, $384")
	a.op("JEQ group384")
	a.op("MOVQ R13, AX")
	a.op("ANDQ $-64, AX")

	for _, blocks := range []int{0, 3, 6} {
		name := "groupany"
		if blocks > 0 {
			name = fmt.Sprintf("group%d", 64*blocks)
		}
		a.label(name)
		groupVNNI(a, blocks)
		a.op("CMPQ norms+64(FP), $0")
		a.op("JNE %s", name+"raw")
		keys(a, "v")
		a.op("CMPQ CX, $4")
		a.op("JLT partial")
		a.op("VMOVDQU X1, (DX)")
		a.op("ADDQ $16, DX")
		a.op("ADDQ $32, BX")
		a.op("SUBQ $4, CX")
		a.op("JNZ %s", name)
		a.op("JMP done")
		a.label(name + "raw")
		raw(a, name)
	}

	a.label("partial")
	a.op("VMOVD X1, (DX)")
	a.op("CMPQ CX, $2")
	a.op("JLT done")
	a.op("VPEXTRD $1, X1, 4(DX)")
	a.op("JEQ done")
	a.op("VPEXTRD $2, X1, 8(DX)")
	a.label("done")
	a.op("VZEROUPPER")
	a.op("MOVQ n+48(FP), AX")
	a.op("MOVQ AX, ret+72(FP)")
	a.op("RET")
	a.label("bad")
	a.op("MOVQ DX, ret+72(FP)")
	a.op("RET")
}

// groupVNNI compares q with four rows, and leaves q·r in X1 and r·r in X5. Registers as
// in groupAVX2; Z9 top bits, X10 128·Σq, AX stride without its last half block.
func groupVNNI(a *asm, blocks int) {
	rows := list("R%d", 8, 4)
	fetchAhead(a, blocks == 6)
	for i, r := range rows {
		a.op("MOVQ %d(BX), %s", 8*i, r)
	}
	block := func(offset, reg string) {
		a.op("VMOVDQU32 %s, %s0", fmt.Sprintf(offset, "SI"), reg)
		for i, r := range rows {
			a.op("VMOVDQU32 %s, %s12", fmt.Sprintf(offset, r), reg)
			a.op("VPABSB Z12, Z13")
			a.op("VPXORD Z12, Z9, Z14")
			a.op("VPDPBUSD Z0, Z14, Z%d", 1+i)
			a.op("VPDPBUSD Z13, Z13, Z%d", 5+i)
		}
	}
	for i := range 8 {
		a.op("VPXOR X%d, X%d, X%d", 1+i, 1+i, 1+i)
	}
	if blocks > 0 {
		for b := range blocks {
			block(fmt.Sprintf("%d", 64*b)+"(%s)", "Z")
		}
	} else {
		loop, last, sum := a.unique("block"), a.unique("half"), a.unique("sum")
		a.op("XORQ R12, R12")
		a.label(loop)
		a.op("CMPQ R12, AX")
		a.op("JGE %s", last)
		block("(%s)(R12*1)", "Z")
		a.op("ADDQ $64, R12")
		a.op("JMP %s", loop)
		a.comment("half a block: the upper half of q's register is zero")
		a.label(last)
		a.op("CMPQ R12, R13")
		a.op("JGE %s", sum)
		block("(%s)(R12*1)", "Y")
		a.label(sum)
	}
	sumVNNI(a)
	a.op("VPSUBD X10, X1, X1")
}

// sumVNNI sums the lanes of Z1–Z4 to X1 and those of Z5–Z8 to X5: one number for
// each row.
func sumVNNI(a *asm) {
	a.comment("sum the lanes: one number for each row")
	for _, z := range []int{1, 5} {
		a.op("VPUNPCKLDQ Z%d, Z%d, Z12", z+1, z)
		a.op("VPUNPCKHDQ Z%d, Z%d, Z13", z+1, z)
		a.op("VPUNPCKLDQ Z%d, Z%d, Z14", z+3, z+2)
		a.op("VPUNPCKHDQ Z%d, Z%d, Z%d", z+3, z+2, z)
		a.op("VPADDD Z13, Z12, Z12")
		a.op("VPADDD Z%d, Z14, Z14", z)
		a.op("VPUNPCKLQDQ Z14, Z12, Z13")
		a.op("VPUNPCKHQDQ Z14, Z12, Z12")
		a.op("VPADDD Z13, Z12, Z12")
		a.op("VEXTRACTI64X4 $1, Z12, Y13")
		a.op("VPADDD Y13, Y12, Y12")
		a.op("VEXTRACTI128 $1, Y12, X13")
		a.op("VPADDD X13, X12, X%d", z)
	}
}
