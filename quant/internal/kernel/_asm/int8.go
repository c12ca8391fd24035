package main

import "fmt"

// Layout of the distance kernels' frame: the addresses of the batch's rows, and
// room for the padding of the last group of four.
const (
	maxBatch  = 128
	addrFrame = 8 * (maxBatch + 4)
	ahead     = 16 // rows between the one that is read and the one that is fetched
)

// rowAddresses writes the address of each row of the batch to the frame and
// fetches the first `ahead` of them.
//
//	DI chunks, BX ids, CX n, AX shift; uses R8–R13, DX
//
// It jumps to bad at an id that is not below rows.
func rowAddresses(a *asm, bad string) {
	loop, next, pad := a.unique("addr"), a.unique("addrnext"), a.unique("addrpad")
	a.comment("the rows' addresses, and the first rows on their way")
	a.op("MOVL $1, R13")
	a.op("SHLXQ AX, R13, R13")
	a.op("DECQ R13")
	a.op("XORQ DX, DX")
	a.label(loop)
	a.op("MOVL (BX)(DX*4), R8")
	a.op("CMPL R8, rows+32(FP)")
	a.op("JAE %s", bad)
	a.op("SHRXQ AX, R8, R9")
	a.op("ANDL R13, R8")
	a.op("IMULQ stride+24(FP), R8")
	a.op("LEAQ (R9)(R9*2), R9")
	a.op("ADDQ (DI)(R9*8), R8")
	a.op("MOVQ R8, addr-%d(SP)(DX*8)", addrFrame)
	a.op("CMPQ DX, $%d", ahead)
	a.op("JAE %s", next)
	prefetchRow(a, "R8", 0)
	a.op("CMPQ stride+24(FP), $%d", 384)
	a.op("JLT %s", next)
	prefetchRow(a, "R8", 3)
	a.label(next)
	a.op("INCQ DX")
	a.op("CMPQ DX, CX")
	a.op("JLT %s", loop)
	a.comment("the last group may be short: fill it up with its last row")
	a.label(pad)
	for i := range 3 {
		a.op("MOVQ R8, addr-%d(SP)(DX*8)", addrFrame-8*i)
	}
}

// prefetchRow fetches three lines of the row at r, from line `from` on. Rows of
// 192 bytes have three lines, rows of 384 six; in longer ones the hardware
// follows.
func prefetchRow(a *asm, r string, from int) {
	for l := range 3 {
		a.op("PREFETCHT0 %d(%s)", 64*(from+l), r)
	}
}

// fetchAhead fetches the rows of the group that is `ahead` rows further on.
//
//	BX where the rows' addresses lie, CX rows left; uses R8
func fetchAhead(a *asm, long bool) {
	near := a.unique("near")
	a.op("CMPQ CX, $%d", ahead)
	a.op("JLE %s", near)
	for i := range 4 {
		if i > 0 {
			a.op("CMPQ CX, $%d", ahead+i)
			a.op("JLE %s", near)
		}
		a.op("MOVQ %d(BX), R8", 8*(ahead+i))
		prefetchRow(a, "R8", 0)
		if long {
			prefetchRow(a, "R8", 3)
		}
	}
	a.label(near)
}

// int8AVX2 writes distancesAVX2 and prefetchAVX2.
//
// The products of signed bytes: VPMADDUBSW multiplies unsigned by signed bytes
// and adds neighbours to 16 bits. |r| is the unsigned side, and q with the sign
// of r the signed one, so that |r|·sign(q, r) = q·r; |r| by itself gives r·r. A
// pair's sum is at most 2·127·127 < 2^15.
func int8AVX2(a *asm) {
	a.constants(map[string]uint32{
		"ones16": 0x00010001, "ones32": 1, "onef": 0x3f800000, "keyone": 0x4e000000,
	})

	const sig = "(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int"
	fmt.Fprintf(&a.b, "\n// func distancesAVX2%s\nTEXT ·distancesAVX2(SB), 0, $%d-80\n", sig, addrFrame)
	a.op("MOVQ chunks+8(FP), DI")
	a.op("MOVQ shift+16(FP), AX")
	a.op("MOVQ ids+40(FP), BX")
	a.op("MOVQ n+48(FP), CX")
	rowAddresses(a, "bad")

	a.op("MOVQ q+0(FP), SI")
	a.op("MOVQ stride+24(FP), R13")
	a.op("VMOVDQU ones16<>(SB), Y9")
	a.comment("q·q, in all lanes of X15")
	a.op("VPXOR X15, X15, X15")
	a.op("XORQ R12, R12")
	a.label("qnorm")
	a.op("VPABSB (SI)(R12*1), Y0")
	a.op("VPMADDUBSW Y0, Y0, Y0")
	a.op("VPMADDWD Y9, Y0, Y0")
	a.op("VPADDD Y0, Y15, Y15")
	a.op("ADDQ $32, R12")
	a.op("CMPQ R12, R13")
	a.op("JLT qnorm")
	a.op("VEXTRACTI128 $1, Y15, X0")
	a.op("VPADDD X0, X15, X15")
	a.op("VPHADDD X15, X15, X15")
	a.op("VPHADDD X15, X15, X15")
	a.op("VPMAXSD ones32<>(SB), X15, X15")
	a.op("VCVTDQ2PS X15, X15")

	a.op("MOVQ out+56(FP), DX")
	a.op("LEAQ addr-%d(SP), BX", addrFrame)
	a.op("CMPQ R13, $192")
	a.op("JEQ group192")
	a.op("CMPQ R13, $384")
	a.op("JEQ group384")

	for _, blocks := range []int{0, 6, 12} {
		name := "groupany"
		if blocks > 0 {
			name = fmt.Sprintf("group%d", 32*blocks)
		}
		a.label(name)
		groupAVX2(a, blocks)
		a.op("CMPQ norms+64(FP), $0")
		a.op("JNE %s", name+"raw")
		keys(a, "")
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

	a.text("prefetchAVX2", "(chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int)", 0, 48)
	a.op("MOVQ chunks+0(FP), DI")
	a.op("MOVQ shift+8(FP), AX")
	a.op("MOVQ stride+16(FP), SI")
	a.op("MOVL rows+24(FP), R10")
	a.op("MOVQ ids+32(FP), BX")
	a.op("MOVQ n+40(FP), CX")
	a.op("MOVL $1, R13")
	a.op("SHLXQ AX, R13, R13")
	a.op("DECQ R13")
	a.label("loop")
	a.op("MOVL (BX), R8")
	a.op("CMPL R8, R10")
	a.op("JAE skip")
	a.op("SHRXQ AX, R8, R9")
	a.op("ANDL R13, R8")
	a.op("IMULQ SI, R8")
	a.op("LEAQ (R9)(R9*2), R9")
	a.op("ADDQ (DI)(R9*8), R8")
	prefetchRow(a, "R8", 0)
	a.op("CMPQ SI, $384")
	a.op("JLT skip")
	prefetchRow(a, "R8", 3)
	a.label("skip")
	a.op("ADDQ $4, BX")
	a.op("DECQ CX")
	a.op("JNZ loop")
	a.op("RET")
}

// groupAVX2 compares q with four rows, and leaves q·r in X1 and r·r in X5.
//
//	SI q, BX where the rows' addresses lie, CX rows left, R13 stride, Y9 ones
//	R8–R11 rows, R12 offset
//	Y1–Y4 q·r, Y5–Y8 r·r
func groupAVX2(a *asm, blocks int) {
	rows := list("R%d", 8, 4)
	fetchAhead(a, blocks == 12)
	for i, r := range rows {
		a.op("MOVQ %d(BX), %s", 8*i, r)
	}
	block := func(offset string, first bool) {
		a.op("VMOVDQU %s, Y0", fmt.Sprintf(offset, "SI"))
		for i, r := range rows {
			dot, norm := fmt.Sprintf("Y%d", 1+i), fmt.Sprintf("Y%d", 5+i)
			a.op("VMOVDQU %s, Y12", fmt.Sprintf(offset, r))
			a.op("VPABSB Y12, Y13")
			a.op("VPSIGNB Y12, Y0, Y14")
			a.op("VPMADDUBSW Y14, Y13, Y14")
			a.op("VPMADDUBSW Y13, Y13, Y13")
			if first {
				a.op("VPMADDWD Y9, Y14, %s", dot)
				a.op("VPMADDWD Y9, Y13, %s", norm)
				continue
			}
			a.op("VPMADDWD Y9, Y14, Y14")
			a.op("VPMADDWD Y9, Y13, Y13")
			a.op("VPADDD Y14, %s, %s", dot, dot)
			a.op("VPADDD Y13, %s, %s", norm, norm)
		}
	}
	if blocks > 0 {
		for b := range blocks {
			block(fmt.Sprintf("%d", 32*b)+"(%s)", b == 0)
		}
	} else {
		loop := a.unique("block")
		for i := range 8 {
			a.op("VPXOR X%d, X%d, X%d", 1+i, 1+i, 1+i)
		}
		a.op("XORQ R12, R12")
		a.label(loop)
		block("(%s)(R12*1)", false)
		a.op("ADDQ $32, R12")
		a.op("CMPQ R12, R13")
		a.op("JLT %s", loop)
	}
	a.comment("sum the lanes: one number for each row")
	for _, y := range []int{1, 5} {
		a.op("VPHADDD Y%d, Y%d, Y%d", y+1, y, y)
		a.op("VPHADDD Y%d, Y%d, Y%d", y+3, y+2, y+2)
		a.op("VPHADDD Y%d, Y%d, Y%d", y+2, y, y)
		a.op("VEXTRACTI128 $1, Y%d, X%d", y, y+1)
		a.op("VPADDD X%d, X%d, X%d", y+1, y, y)
	}
}

// keys turns q·r in X1 and r·r in X5, with q·q as float32 in X15, into keys in X1.
// prefix is that of the constants' names.
func keys(a *asm, prefix string) {
	a.op("VPMAXSD %sones32<>(SB), X5, X5", prefix)
	a.op("VCVTDQ2PS X5, X5")
	a.op("VCVTDQ2PS X1, X1")
	a.op("VMULPS X15, X5, X5")
	a.op("VSQRTPS X5, X5")
	a.op("VDIVPS X5, X1, X1")
	a.op("VMOVUPS %sonef<>(SB), X2", prefix)
	a.op("VSUBPS X1, X2, X1")
	a.op("VPXOR X2, X2, X2")
	a.op("VMAXPS X2, X1, X1")
	a.op("VMULPS %skeyone<>(SB), X1, X1", prefix)
	a.op("VCVTTPS2DQ X1, X1")
}

// raw stores the products of a group of four as they are, and goes on.
func raw(a *asm, group string) {
	a.op("MOVQ norms+64(FP), R8")
	a.op("VMOVDQU X1, (DX)")
	a.op("VMOVDQU X5, (R8)")
	a.op("ADDQ $16, R8")
	a.op("MOVQ R8, norms+64(FP)")
	a.op("ADDQ $16, DX")
	a.op("ADDQ $32, BX")
	a.op("SUBQ $4, CX")
	a.op("JG %s", group)
	a.op("JMP done")
}
