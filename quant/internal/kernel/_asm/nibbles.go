package main

import "fmt"

// nibbles writes nibblesAVX2, nibblesVNNI and expandAVX2: distances between a query
// of signed bytes and rows of four bits a dimension.
func nibbles(a *asm) {
	a.constants(map[string]uint32{
		"nones16": 0x00010001, "nones32": 1, "nonef": 0x3f800000, "nkeyone": 0x4e000000,
		"low": 0x0f0f0f0f, "ones8": 0x01010101,
	})
	// c(15 − c) of every nibble c, for VPSHUFB
	for i := range 8 {
		var w uint32
		for j := range 4 {
			c := uint32(4*i+j) % 16
			w |= c * (15 - c) << (8 * j)
		}
		fmt.Fprintf(&a.b, "DATA rest<>+%d(SB)/4, $0x%08x\n", 4*i, w)
	}
	fmt.Fprintf(&a.b, "GLOBL rest<>(SB), RODATA|NOPTR, $32\n")
	nibblesAVX2(a)
	nibblesVNNI(a)
	expandAVX2(a)
}

const nibblesSig = "(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, zero int32) int"

// nibblesHead loads the arguments and leaves the rows' addresses in the frame.
//
//	SI, DI the two halves of q, R13 stride
//	BX where the rows' addresses lie, CX rows, DX out
//	X15 q·q as float32 in all lanes, X10 zero
//	15·Σq in all lanes of sum15, in the frame
func nibblesHead(a *asm, name string) {
	fmt.Fprintf(&a.b, "\n// func %s%s\nTEXT ·%s(SB), 0, $%d-80\n", name, nibblesSig, name, addrFrame+16)
	a.op("MOVQ chunks+8(FP), DI")
	a.op("MOVQ shift+16(FP), AX")
	a.op("MOVQ ids+40(FP), BX")
	a.op("MOVQ n+48(FP), CX")
	rowAddresses(a, "bad")
	a.op("MOVQ q+0(FP), SI")
	a.op("MOVQ stride+24(FP), R13")
	a.op("VMOVDQU nones16<>(SB), Y9")
	a.op("VMOVDQU ones8<>(SB), Y8")
	a.op("VPXOR X15, X15, X15")
	a.op("VPXOR X10, X10, X10")
	a.op("XORQ R12, R12")
	a.op("LEAQ (R13)(R13*1), R8")
	a.label("query")
	a.op("VMOVDQU (SI)(R12*1), Y0")
	a.op("VPABSB Y0, Y1")
	a.op("VPMADDUBSW Y1, Y1, Y1")
	a.op("VPMADDUBSW Y0, Y8, Y0")
	a.op("VPMADDWD Y9, Y1, Y1")
	a.op("VPMADDWD Y9, Y0, Y0")
	a.op("VPADDD Y1, Y15, Y15")
	a.op("VPADDD Y0, Y10, Y10")
	a.op("ADDQ $32, R12")
	a.op("CMPQ R12, R8")
	a.op("JLT query")
	for _, r := range []int{10, 15} {
		a.op("VEXTRACTI128 $1, Y%d, X0", r)
		a.op("VPADDD X0, X%d, X%d", r, r)
		a.op("VPSHUFD $0x4e, X%d, X0", r)
		a.op("VPADDD X0, X%d, X%d", r, r)
		a.op("VPSHUFD $0xb1, X%d, X0", r)
		a.op("VPADDD X0, X%d, X%d", r, r)
	}
	a.op("VPMAXSD nones32<>(SB), X15, X15")
	a.op("VCVTDQ2PS X15, X15")
	a.op("VPSLLD $4, X10, X0")
	a.op("VPSUBD X10, X0, X0")
	a.op("VMOVDQU X0, sum15-%d(SP)", addrFrame+16)
	a.op("VPXOR X10, X10, X10")
	a.op("MOVQ out+56(FP), DX")
	a.op("LEAQ addr-%d(SP), BX", addrFrame)
	a.op("LEAQ (SI)(R13*1), DI")
	a.op("CMPQ R13, $192")
	a.op("JEQ group192")
	a.op("CMPQ R13, $384")
	a.op("JEQ group384")
}

// nibblesTail ends the loop over groups called name: Σqc in X1, Σc(15 − c) in X5.
func nibblesTail(a *asm, name string) {
	a.op("VPXOR X0, X0, X0")
	a.op("VPCMPEQD X0, X5, X0")
	a.op("VPADDD X1, X1, X1")
	a.op("VPSUBD sum15-%d(SP), X1, X1", addrFrame+16)
	a.op("VPANDN X1, X0, X1")
	a.op("VPSLLD $2, X5, X5")
	a.op("VBROADCASTSS zero+64(FP), X2")
	a.op("VPSUBD X5, X2, X5")
	keys(a, "n")
	a.op("CMPQ CX, $4")
	a.op("JLT partial")
	a.op("VMOVDQU X1, (DX)")
	a.op("ADDQ $16, DX")
	a.op("ADDQ $32, BX")
	a.op("SUBQ $4, CX")
	a.op("JNZ %s", name)
	a.op("JMP done")
}

// nibblesEnd stores the last, partial group and returns.
func nibblesEnd(a *asm) {
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

// nibblesAVX2 takes the rows of a group one by one: their sums of words are in one
// register and the processor overlaps them anyway. A product of two pairs is at most
// 2·15·127 in a word, so that eight add up.
//
//	Y10 zero, Y11 mask of nibbles, Y14 table of c(15 − c)
//	Y1–Y4 Σqc, Y5–Y8 Σc(15 − c)
//	Y9 words of Σqc, Y0 products, Y12, Y13 nibbles
func nibblesAVX2(a *asm) {
	nibblesHead(a, "nibblesAVX2")
	for _, blocks := range []int{0, 6, 12} {
		name := "groupany"
		if blocks > 0 {
			name = fmt.Sprintf("group%d", 32*blocks)
		}
		a.label(name)
		fetchAhead(a, blocks == 12)
		a.op("VMOVDQU low<>(SB), Y11")
		a.op("VMOVDQU rest<>(SB), Y14")
		for row := range 4 {
			a.op("MOVQ %d(BX), R8", 8*row)
			if blocks == 0 {
				nibblesRowAny(a, row)
				continue
			}
			nibblesRow(a, row, blocks)
		}
		a.comment("sum the lanes: one number for each row")
		for _, y := range []int{1, 5} {
			a.op("VPHADDD Y%d, Y%d, Y%d", y+1, y, y)
			a.op("VPHADDD Y%d, Y%d, Y%d", y+3, y+2, y+2)
			a.op("VPHADDD Y%d, Y%d, Y%d", y+2, y, y)
			a.op("VEXTRACTI128 $1, Y%d, X%d", y, y+1)
			a.op("VPADDD X%d, X%d, X%d", y+1, y, y)
		}
		nibblesTail(a, name)
	}
	nibblesEnd(a)
}

// nibblesLoad leaves the nibbles of the 32 bytes at from in Y12 and Y13.
func nibblesLoad(a *asm, from string) {
	a.op("VMOVDQU %s, Y12", from)
	a.op("VPSRLW $4, Y12, Y13")
	a.op("VPAND Y12, Y11, Y12")
	a.op("VPAND Y13, Y11, Y13")
}

// nibblesRow sums a row of a known number of blocks, words of three at a time.
func nibblesRow(a *asm, row, blocks int) {
	dot, rest := 1+row, 5+row
	for b := range blocks {
		nibblesLoad(a, fmt.Sprintf("%d(R8)", 32*b))
		words := 0
		if b%3 == 0 {
			words = 9
		}
		a.op("VPMADDUBSW %d(SI), Y12, Y%d", 32*b, words)
		if b%3 > 0 {
			a.op("VPADDW Y0, Y9, Y9")
		}
		a.op("VPMADDUBSW %d(DI), Y13, Y0", 32*b)
		a.op("VPADDW Y0, Y9, Y9")
		a.op("VPSHUFB Y12, Y14, Y12")
		a.op("VPSHUFB Y13, Y14, Y13")
		a.op("VPADDB Y12, Y13, Y12")
		if b == 0 {
			a.op("VPSADBW Y12, Y10, Y%d", rest)
		} else {
			a.op("VPSADBW Y12, Y10, Y12")
			a.op("VPADDD Y12, Y%d, Y%d", rest, rest)
		}
		switch {
		case b == 2:
			a.op("VPMADDWD nones16<>(SB), Y9, Y%d", dot)
		case b%3 == 2:
			a.op("VPMADDWD nones16<>(SB), Y9, Y9")
			a.op("VPADDD Y9, Y%d, Y%d", dot, dot)
		}
	}
}

// nibblesRowAny sums a row of any number of blocks.
func nibblesRowAny(a *asm, row int) {
	dot, rest := 1+row, 5+row
	loop := a.unique("any")
	a.op("VPXOR X%d, X%d, X%d", dot, dot, dot)
	a.op("VPXOR X%d, X%d, X%d", rest, rest, rest)
	a.op("XORQ R12, R12")
	a.label(loop)
	nibblesLoad(a, "(R8)(R12*1)")
	a.op("VPMADDUBSW (SI)(R12*1), Y12, Y9")
	a.op("VPMADDUBSW (DI)(R12*1), Y13, Y0")
	a.op("VPADDW Y0, Y9, Y9")
	a.op("VPMADDWD nones16<>(SB), Y9, Y9")
	a.op("VPADDD Y9, Y%d, Y%d", dot, dot)
	a.op("VPSHUFB Y12, Y14, Y12")
	a.op("VPSHUFB Y13, Y14, Y13")
	a.op("VPADDB Y12, Y13, Y12")
	a.op("VPSADBW Y12, Y10, Y12")
	a.op("VPADDD Y12, Y%d, Y%d", rest, rest)
	a.op("ADDQ $32, R12")
	a.op("CMPQ R12, R13")
	a.op("JLT %s", loop)
}

// nibblesVNNI has 64 bytes, which are 128 dimensions, in a register, and four rows
// side by side. Σc(c − 15) is a product of unsigned and signed bytes, too.
//
//	Z1–Z4 Σqc, Z5–Z8 Σc(c − 15)
//	Z0, Z9 the halves of q, Z11 mask of nibbles: fifteens, Z12, Z13 nibbles
//	AX stride without its last half block
func nibblesVNNI(a *asm) {
	nibblesHead(a, "nibblesVNNI")
	a.op("MOVQ R13, AX")
	a.op("ANDQ $-64, AX")
	for _, blocks := range []int{0, 3, 6} {
		name := "groupany"
		if blocks > 0 {
			name = fmt.Sprintf("group%d", 64*blocks)
		}
		a.label(name)
		fetchAhead(a, blocks == 6)
		a.op("VPBROADCASTD low<>(SB), Z11")
		rows := list("R%d", 8, 4)
		for i, r := range rows {
			a.op("MOVQ %d(BX), %s", 8*i, r)
		}
		block := func(offset, reg string) {
			a.op("VMOVDQU32 %s, %s0", fmt.Sprintf(offset, "SI"), reg)
			a.op("VMOVDQU32 %s, %s9", fmt.Sprintf(offset, "DI"), reg)
			for i, r := range rows {
				a.op("VMOVDQU32 %s, %s12", fmt.Sprintf(offset, r), reg)
				a.op("VPSRLW $4, Z12, Z13")
				a.op("VPANDD Z12, Z11, Z12")
				a.op("VPANDD Z13, Z11, Z13")
				a.op("VPDPBUSD Z0, Z12, Z%d", 1+i)
				a.op("VPDPBUSD Z9, Z13, Z%d", 1+i)
				a.op("VPSUBB Z11, Z12, Z14")
				a.op("VPDPBUSD Z14, Z12, Z%d", 5+i)
				a.op("VPSUBB Z11, Z13, Z14")
				a.op("VPDPBUSD Z14, Z13, Z%d", 5+i)
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
			a.comment("half a block: the upper halves of the rows' registers are zero")
			a.label(last)
			a.op("CMPQ R12, R13")
			a.op("JGE %s", sum)
			block("(%s)(R12*1)", "Y")
			a.label(sum)
		}
		sumVNNI(a)
		a.op("VPXOR X0, X0, X0")
		a.op("VPSUBD X5, X0, X5")
		nibblesTail(a, name)
	}
	nibblesEnd(a)
}

func expandAVX2(a *asm) {
	a.text("expandAVX2", "(dst, row *byte, n int)", 0, 24)
	a.comment("n is a positive multiple of 32")
	a.op("MOVQ dst+0(FP), DI")
	a.op("MOVQ row+8(FP), SI")
	a.op("MOVQ n+16(FP), CX")
	a.op("LEAQ (DI)(CX*1), DX")
	a.op("VMOVDQU low<>(SB), Y11")
	a.op("XORQ AX, AX")
	a.label("loop")
	a.op("VMOVDQU (SI)(AX*1), Y12")
	a.op("VPSRLW $4, Y12, Y13")
	for i, r := range []string{"DI", "DX"} {
		a.op("VPAND Y%d, Y11, Y%d", 12+i, 12+i)
		a.op("VPADDB Y%d, Y%d, Y%d", 12+i, 12+i, 12+i)
		a.op("VPSUBB Y11, Y%d, Y%d", 12+i, 12+i)
		a.op("VMOVDQU Y%d, (%s)(AX*1)", 12+i, r)
	}
	a.op("ADDQ $32, AX")
	a.op("CMPQ AX, CX")
	a.op("JLT loop")
	a.op("VZEROUPPER")
	a.op("RET")
}
