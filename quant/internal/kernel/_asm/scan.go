package main

// scanSig is the signature of both kernels of Scan.
const scanSig = "(tables *byte, groups, planes int, base int32, scale float32, blocks *byte, n int, floor, shift float32, scores *float32, over *uint64)"

// scanAhead is how many bytes further on the scans fetch. The hardware follows a
// stream to the end of a page only.
const scanAhead = 8192

// scan writes scanAVX2 and scanAVX512.
//
// A byte of a row is eight dimensions. Each half of it is looked up in a table of
// 16 sums, the same for all rows, with VPSHUFB. Four sums are at most 240 and add
// up as bytes. As words, sums of even and odd bytes are in one register: A adds
// both, B only the odd ones, so that A − 256·B is the even ones. A word is at most
// 15·4096 < 2^16.
func scan(a *asm) {
	a.constants(map[string]uint32{"nibbles": 0x0f0f0f0f, "minus30": 0x0000ffe2})
	scanAVX2(a)
	scanAVX512(a)
}

// scanArgs loads the arguments that both have in the same registers.
//
//	SI tables, DI blocks, CX blocks left, BX scores, DX over
//	R8 groups, R9 planes left, R10 tables, R11 groups left
func scanArgs(a *asm) {
	a.op("MOVQ tables+0(FP), SI")
	a.op("MOVQ groups+8(FP), R8")
	a.op("MOVQ blocks+32(FP), DI")
	a.op("MOVQ n+40(FP), CX")
	a.op("MOVQ scores+56(FP), BX")
	a.op("MOVQ over+64(FP), DX")
}

// scanAVX2 has 32 rows in a register and two for a block.
//
//	Y4, Y5 A and B of the first half, Y6, Y7 of the second
//	Y10 base, Y11 scale, Y12 floor, Y13 −30 in the low words, Y14 nibbles, Y15 zero
func scanAVX2(a *asm) {
	a.text("scanAVX2", scanSig, 0, 72)
	scanArgs(a)
	a.op("VBROADCASTSS base+24(FP), Y10")
	a.op("VBROADCASTSS scale+28(FP), Y11")
	a.op("VBROADCASTSS floor+48(FP), Y12")
	a.op("VMOVDQU minus30<>(SB), Y13")
	a.op("VMOVDQU nibbles<>(SB), Y14")
	a.op("VPXOR X15, X15, X15")
	a.label("block")
	a.op("XORQ R9, R9")
	a.label("plane")
	for i := range 4 {
		a.op("VPXOR X%d, X%d, X%d", 4+i, 4+i, 4+i)
	}
	a.op("MOVQ SI, R10")
	a.op("MOVQ R8, R11")
	a.label("pair")
	a.op("PREFETCHT0 %d(DI)", scanAhead)
	a.op("PREFETCHT0 %d(DI)", scanAhead+64)
	// Y0, Y1 the sums of four
	for g := range 2 {
		a.op("VBROADCASTI128 %d(R10), Y8", 32*g)
		a.op("VBROADCASTI128 %d(R10), Y9", 32*g+16)
		for h := range 2 {
			a.op("VMOVDQU %d(DI), Y2", 64*g+32*h)
			a.op("VPSRLW $4, Y2, Y3")
			a.op("VPAND Y2, Y14, Y2")
			a.op("VPAND Y3, Y14, Y3")
			a.op("VPSHUFB Y2, Y8, Y2")
			a.op("VPSHUFB Y3, Y9, Y3")
			if g == 0 {
				a.op("VPADDB Y2, Y3, Y%d", h)
				continue
			}
			a.op("VPADDB Y2, Y3, Y2")
			a.op("VPADDB Y2, Y%d, Y%d", h, h)
		}
	}
	for h := range 2 {
		a.op("VPADDW Y%d, Y%d, Y%d", h, 4+2*h, 4+2*h)
		a.op("VPSRLW $8, Y%d, Y%d", h, h)
		a.op("VPADDW Y%d, Y%d, Y%d", h, 5+2*h, 5+2*h)
	}
	a.op("ADDQ $128, DI")
	a.op("ADDQ $64, R10")
	a.op("SUBQ $2, R11")
	a.op("JNZ pair")

	a.comment("sums of 32 bits to where the scores will be; those of a first plane count twice")
	add := a.unique("add")
	for h := range 2 {
		even, odd := 4+2*h, 5+2*h
		a.op("VPSLLW $8, Y%d, Y0", odd)
		a.op("VPSUBW Y0, Y%d, Y%d", even, even)
		a.op("VPUNPCKLWD Y%d, Y%d, Y0", odd, even)
		a.op("VPUNPCKHWD Y%d, Y%d, Y%d", odd, even, odd)
		low, high := []int{1, 8}[h], []int{2, 9}[h]
		a.op("VPUNPCKLWD Y15, Y0, Y%d", low)
		a.op("VPUNPCKHWD Y15, Y0, Y%d", high)
		a.op("VPUNPCKLWD Y15, Y%d, Y%d", odd, even)
		a.op("VPUNPCKHWD Y15, Y%d, Y%d", odd, odd)
	}
	sums := [4][2]int{{1, 8}, {2, 9}, {4, 6}, {5, 7}}
	a.op("TESTQ R9, R9")
	a.op("JZ %s", add)
	for j, pair := range sums {
		for h, y := range pair {
			a.op("VMOVDQU %d(BX), Y0", 64*j+32*h)
			a.op("VPADDD Y0, Y0, Y0")
			a.op("VPADDD Y0, Y%d, Y%d", y, y)
		}
	}
	a.label(add)
	for j, pair := range sums {
		for h, y := range pair {
			a.op("VMOVDQU Y%d, %d(BX)", y, 64*j+32*h)
		}
	}
	a.op("INCQ R9")
	a.op("CMPQ R9, planes+16(FP)")
	a.op("JLT plane")

	a.op("VBROADCASTSS shift+52(FP), Y3")
	for i := range 8 {
		a.op("VMOVDQU %d(DI), Y0", 32*i)
		a.op("VMOVDQU %d(BX), Y1", 32*i)
		a.op("VPMADDWD Y13, Y0, Y2")
		a.op("VPSRLD $16, Y0, Y0")
		a.op("VPSLLD $2, Y1, Y1")
		a.op("VPADDD Y10, Y2, Y2")
		a.op("VPADDD Y2, Y1, Y1")
		a.op("VCVTDQ2PS Y0, Y0")
		a.op("VCVTDQ2PS Y1, Y1")
		a.op("VMULPS Y0, Y1, Y1")
		a.op("VMULPS Y11, Y1, Y1")
		a.op("VADDPS %d(DI), Y1, Y1", 256+32*i)
		a.op("VADDPS Y3, Y1, Y1")
		a.op("VMOVUPS Y1, %d(BX)", 32*i)
		a.op("VCMPPS $0x1e, Y12, Y1, Y1")
		a.op("VMOVMSKPS Y1, AX")
		a.op("MOVB AX, %d(DX)", i)
	}
	a.op("ADDQ $512, DI")
	a.op("ADDQ $256, BX")
	a.op("ADDQ $8, DX")
	a.op("DECQ CX")
	a.op("JNZ block")
	a.op("VZEROUPPER")
	a.op("RET")
}

// scanAVX512 has the 64 rows of a block in a register.
//
//	Z4, Z5 A and B, Z16–Z19 sums of 16 rows
//	Z10 base, Z11 scale, Z12 floor, Z13 −30 in the low words, Z14 nibbles, Z15 zero
func scanAVX512(a *asm) {
	a.text("scanAVX512", scanSig, 0, 72)
	scanArgs(a)
	a.op("VBROADCASTSS base+24(FP), Z10")
	a.op("VBROADCASTSS scale+28(FP), Z11")
	a.op("VBROADCASTSS floor+48(FP), Z12")
	a.op("VPBROADCASTD minus30<>(SB), Z13")
	a.op("VPBROADCASTD nibbles<>(SB), Z14")
	a.op("VPXOR X15, X15, X15")
	a.label("block")
	a.op("MOVQ planes+16(FP), R9")
	for j := range 4 {
		a.op("VPXORD Z%d, Z%d, Z%d", 16+j, 16+j, 16+j)
	}
	a.label("plane")
	a.op("VPXOR X4, X4, X4")
	a.op("VPXOR X5, X5, X5")
	a.op("MOVQ SI, R10")
	a.op("MOVQ R8, R11")
	a.label("pair")
	a.op("PREFETCHT0 %d(DI)", scanAhead)
	a.op("PREFETCHT0 %d(DI)", scanAhead+64)
	for g := range 2 {
		a.op("VMOVDQU64 %d(DI), Z%d", 64*g, 2*g)
		a.op("VBROADCASTI32X4 %d(R10), Z%d", 32*g, 6+2*g)
		a.op("VBROADCASTI32X4 %d(R10), Z%d", 32*g+16, 7+2*g)
		a.op("VPSRLW $4, Z%d, Z%d", 2*g, 2*g+1)
		for i := range 2 {
			a.op("VPANDD Z%d, Z14, Z%d", 2*g+i, 2*g+i)
			a.op("VPSHUFB Z%d, Z%d, Z%d", 2*g+i, 6+2*g+i, 2*g+i)
		}
		a.op("VPADDB Z%d, Z%d, Z%d", 2*g, 2*g+1, 2*g)
	}
	a.op("VPADDB Z0, Z2, Z0")
	a.op("VPADDW Z0, Z4, Z4")
	a.op("VPSRLW $8, Z0, Z0")
	a.op("VPADDW Z0, Z5, Z5")
	a.op("ADDQ $128, DI")
	a.op("ADDQ $64, R10")
	a.op("SUBQ $2, R11")
	a.op("JNZ pair")

	a.comment("sums of 32 bits; those of a first plane count twice")
	a.op("VPSLLW $8, Z5, Z0")
	a.op("VPSUBW Z0, Z4, Z4")
	a.op("VPUNPCKLWD Z5, Z4, Z0")
	a.op("VPUNPCKHWD Z5, Z4, Z1")
	for j := range 4 {
		a.op("VPADDD Z%d, Z%d, Z%d", 16+j, 16+j, 16+j)
		a.op("VPUNPCK%sWD Z15, Z%d, Z2", []string{"L", "H"}[j%2], j/2)
		a.op("VPADDD Z2, Z%d, Z%d", 16+j, 16+j)
	}
	a.op("DECQ R9")
	a.op("JNZ plane")

	a.op("VBROADCASTSS shift+52(FP), Z9")
	for j := range 4 {
		a.op("VMOVDQU32 %d(DI), Z0", 64*j)
		a.op("VPSLLD $2, Z%d, Z1", 16+j)
		a.op("VPMADDWD Z13, Z0, Z2")
		a.op("VPSRLD $16, Z0, Z0")
		a.op("VPADDD Z10, Z2, Z2")
		a.op("VPADDD Z2, Z1, Z1")
		a.op("VCVTDQ2PS Z0, Z0")
		a.op("VCVTDQ2PS Z1, Z1")
		a.op("VMULPS Z0, Z1, Z1")
		a.op("VMULPS Z11, Z1, Z1")
		a.op("VADDPS %d(DI), Z1, Z1", 256+64*j)
		a.op("VADDPS Z9, Z1, Z1")
		a.op("VMOVUPS Z1, %d(BX)", 64*j)
		a.op("VCMPPS $0x1e, Z12, Z1, K%d", 1+j)
	}
	a.op("KUNPCKWD K1, K2, K1")
	a.op("KUNPCKWD K3, K4, K3")
	a.op("KUNPCKDQ K1, K3, K1")
	a.op("KMOVQ K1, (DX)")
	a.op("ADDQ $512, DI")
	a.op("ADDQ $256, BX")
	a.op("ADDQ $8, DX")
	a.op("DECQ CX")
	a.op("JNZ block")
	a.op("VZEROUPPER")
	a.op("RET")
}
