package main

import "fmt"

// Instructions that Go's assembler has no name for, on all lanes of Vn and Vm to Vd.
// Source: Arm ARM, C7.2.
const (
	sdot   = 0x4e809400 // 4S += sums of four products of signed bytes
	addp   = 0x4ea0bc00 // 4S: sums of neighbours
	scvtf  = 0x4e21d800 // 4S
	fcvtzs = 0x4ea1b800 // 4S
	fmul   = 0x6e20dc00 // 4S
	fdiv   = 0x6e20fc00 // 4S: Vn / Vm
	fadd   = 0x4e20d400 // 4S
	fsub   = 0x4ea0d400 // 4S: Vn − Vm
	fsqrt  = 0x6ea1f800 // 4S
	fmax   = 0x4e20f400 // 4S
	fmin   = 0x4ea0f400 // 4S
	fcmgt  = 0x6ea0e400 // 4S: all ones where Vn > Vm
	smax   = 0x4ea06400 // 4S
	mls    = 0x6ea09400 // 4S −= Vn·Vm
	bic    = 0x4e601c00 // Vn and not Vm
	uaddw  = 0x2e201000 // 8H = Vn + the low half of Vm's bytes
	uaddw2 = 0x6e201000 // 8H = Vn + the high half of Vm's bytes
	uxtl   = 0x2f10a400 // 4S of the low 4H
	uxtl2  = 0x6f10a400 // 4S of the high 4H
)

var names = map[uint32]string{
	sdot: "SDOT", addp: "ADDP", scvtf: "SCVTF", fcvtzs: "FCVTZS", fmul: "FMUL", fdiv: "FDIV", fadd: "FADD",
	fsub: "FSUB", fsqrt: "FSQRT", fmax: "FMAX", fmin: "FMIN", fcmgt: "FCMGT", smax: "SMAX", mls: "MLS", bic: "BIC",
	uaddw: "UADDW", uaddw2: "UADDW2", uxtl: "UXTL", uxtl2: "UXTL2",
}

// v3 writes one of the instructions above; v2 one of those with a single source.
func (a *asm) v3(op uint32, m, n, d int) {
	a.op("WORD $0x%08x // %s V%d, V%d, V%d", op|uint32(m)<<16|uint32(n)<<5|uint32(d), names[op], m, n, d)
}

func (a *asm) v2(op uint32, n, d int) {
	a.op("WORD $0x%08x // %s V%d, V%d", op|uint32(n)<<5|uint32(d), names[op], n, d)
}

func (a *asm) zero(regs ...int) {
	for _, v := range regs {
		a.op("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
	}
}

// fill sets all lanes of 32 bits of Vd to w, by way of R25.
func (a *asm) fill(w uint32, d int) {
	a.op("MOVD $0x%x, R25", w)
	a.op("VDUP R25, V%d.S4", d)
}

// neon writes the kernels for arm64 with the dot product instructions, of distances
// between codes, and of sketches. They do what those of the same names for amd64 do,
// in registers of 16 bytes.
func neon(a *asm) {
	distancesNEON(a)
	nibblesNEON(a)
	prefetchNEON(a)
	expandNEON(a)
	scanNEON(a)
}

// rowAddressesNEON is rowAddresses.
//
//	R2 stride, R5 rows of the batch, R14 where their addresses lie
//	uses R0–R13
func rowAddressesNEON(a *asm) {
	a.op("MOVD chunks+8(FP), R0")
	a.op("MOVD shift+16(FP), R1")
	a.op("MOVD stride+24(FP), R2")
	a.op("MOVWU rows+32(FP), R3")
	a.op("MOVD ids+40(FP), R4")
	a.op("MOVD n+48(FP), R5")
	a.op("MOVD $1, R6")
	a.op("LSL R1, R6, R6")
	a.op("SUB $1, R6, R6")
	a.op("MOVD $addr-%d(SP), R7", addrFrame)
	a.op("MOVD R7, R14")
	a.op("MOVD $0, R8")
	a.op("MOVD $24, R9")
	a.label("address")
	a.op("MOVWU.P 4(R4), R10")
	a.op("CMP R3, R10")
	a.op("BHS bad")
	a.op("LSR R1, R10, R11")
	a.op("AND R6, R10, R10")
	a.op("MADD R9, R0, R11, R11")
	a.op("MOVD (R11), R11")
	a.op("MADD R2, R11, R10, R10")
	a.op("MOVD.P R10, 8(R7)")
	a.op("CMP $%d, R8", ahead)
	a.op("BHS fetched")
	prefetchRowNEON(a, "R10", "fetched")
	a.label("fetched")
	a.op("ADD $1, R8, R8")
	a.op("CMP R5, R8")
	a.op("BLT address")
	a.comment("the last group may be short: fill it up with its last row")
	a.op("STP (R10, R10), (R7)")
	a.op("MOVD R10, 16(R7)")
}

// prefetchRowNEON fetches three lines of the row at r, or six of long rows; then the
// flow goes on at next or behind.
func prefetchRowNEON(a *asm, r, next string) {
	for l := range 3 {
		a.op("PRFM %d(%s), PLDL1KEEP", 64*l, r)
	}
	a.op("CMP $384, R2")
	a.op("BLT %s", next)
	for l := range 3 {
		a.op("PRFM %d(%s), PLDL1KEEP", 64*(3+l), r)
	}
}

// groupNEON fetches the rows of the group that is `ahead` rows further on, and loads
// the addresses of this one to R8–R11.
func groupNEON(a *asm) {
	for i := range 4 {
		next := a.unique("near")
		a.op("CMP $%d, R5", ahead+i)
		a.op("BLE rows")
		a.op("MOVD %d(R14), R8", 8*(ahead+i))
		prefetchRowNEON(a, "R8", next)
		a.label(next)
	}
	a.label("rows")
	a.op("LDP (R14), (R8, R9)")
	a.op("LDP 16(R14), (R10, R11)")
}

// sumRows sums the lanes of four registers from v on: one number for each.
func sumRows(a *asm, v int) {
	a.v3(addp, v+1, v, v)
	a.v3(addp, v+3, v+2, v+2)
	a.v3(addp, v+2, v, v)
}

// keyConstants fills V25–V28 for keysNEON: 1.0, KeyOne as float32, 1 and 0.
func keyConstants(a *asm) {
	a.fill(0x3f800000, 25)
	a.fill(0x4e000000, 26)
	a.fill(1, 27)
	a.zero(28)
}

// keysNEON turns q·r in V16 and r·r in V20, with q·q as float32 in V24, into keys in
// V16, stores them, and goes on with the next group.
func keysNEON(a *asm) {
	a.v3(smax, 27, 20, 20)
	a.v2(scvtf, 20, 20)
	a.v2(scvtf, 16, 16)
	a.v3(fmul, 24, 20, 20)
	a.v2(fsqrt, 20, 20)
	a.v3(fdiv, 20, 16, 16)
	a.v3(fsub, 16, 25, 16)
	a.v3(fmax, 28, 16, 16)
	a.v3(fmul, 26, 16, 16)
	a.v2(fcvtzs, 16, 16)
	a.op("CMP $4, R5")
	a.op("BLT partial")
	a.op("VST1.P [V16.S4], 16(R12)")
	a.op("ADD $32, R14, R14")
	a.op("SUBS $4, R5, R5")
	a.op("BNE group")
	a.op("B done")
	a.label("partial")
	for i := range 3 {
		a.op("VMOV V16.S[%d], R8", i)
		a.op("MOVW.P R8, 4(R12)")
		a.op("SUBS $1, R5, R5")
		a.op("BEQ done")
	}
	a.label("done")
	a.op("MOVD n+48(FP), R8")
	a.op("MOVD R8, ret+72(FP)")
	a.op("RET")
	a.label("bad")
	a.op("MOVD R8, ret+72(FP)")
	a.op("RET")
}

// distancesNEON:
//
//	R0 q, R2 stride, R5 rows left, R12 out, R13 norms, R14 addresses
//	R8–R11 rows, R15 q's cursor, R19 bytes left
//	V16–V19 q·r, V20–V23 r·r, V24 q·q
func distancesNEON(a *asm) {
	const sig = "(q *byte, chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int, out *uint32, norms *int32) int"
	fmt.Fprintf(&a.b, "\n// func distancesNEON%s\nTEXT ·distancesNEON(SB), 0, $%d-80\n", sig, addrFrame)
	rowAddressesNEON(a)
	a.op("MOVD q+0(FP), R0")
	a.op("MOVD out+56(FP), R12")
	a.op("MOVD norms+64(FP), R13")
	keyConstants(a)
	a.op("MOVD R0, R15")
	a.op("MOVD R2, R19")
	a.zero(24)
	a.label("query")
	a.op("VLD1.P 32(R15), [V0.B16, V1.B16]")
	a.v3(sdot, 0, 0, 24)
	a.v3(sdot, 1, 1, 24)
	a.op("SUBS $32, R19, R19")
	a.op("BNE query")
	a.op("VADDV V24.S4, V24")
	a.op("VDUP V24.S[0], V24.S4")
	a.v3(smax, 27, 24, 24)
	a.v2(scvtf, 24, 24)

	a.label("group")
	groupNEON(a)
	a.op("MOVD R0, R15")
	a.op("MOVD R2, R19")
	a.zero(16, 17, 18, 19, 20, 21, 22, 23)
	a.label("block")
	a.op("VLD1.P 32(R15), [V0.B16, V1.B16]")
	for i := range 4 {
		a.op("VLD1.P 32(R%d), [V%d.B16, V%d.B16]", 8+i, 2+2*i, 3+2*i)
	}
	for half := range 2 {
		for i := range 4 {
			r := 2 + 2*i + half
			a.v3(sdot, r, half, 16+i)
			a.v3(sdot, r, r, 20+i)
		}
	}
	a.op("SUBS $32, R19, R19")
	a.op("BNE block")
	sumRows(a, 16)
	sumRows(a, 20)
	a.op("CBZ R13, keys")
	a.op("VST1.P [V16.S4], 16(R12)")
	a.op("VST1.P [V20.S4], 16(R13)")
	a.op("ADD $32, R14, R14")
	a.op("SUBS $4, R5, R5")
	a.op("BGT group")
	a.op("B done")
	a.label("keys")
	keysNEON(a)
}

// nibblesNEON: as distancesNEON, and
//
//	R20 the cursor of q's second half
//	V29 15·Σq, V30 225·dims, V31 mask of nibbles: fifteens
//	V16–V19 Σqc, V20–V23 Σc(15 − c)
func nibblesNEON(a *asm) {
	fmt.Fprintf(&a.b, "\n// func nibblesNEON%s\nTEXT ·nibblesNEON(SB), 0, $%d-80\n", nibblesSig, addrFrame)
	rowAddressesNEON(a)
	a.op("MOVD q+0(FP), R0")
	a.op("MOVD out+56(FP), R12")
	a.op("MOVW zero+64(FP), R13")
	a.op("VDUP R13, V30.S4")
	keyConstants(a)
	a.fill(0x0f0f0f0f, 31)
	a.fill(0x01010101, 2)
	a.op("MOVD R0, R15")
	a.op("LSL $1, R2, R19")
	a.zero(24, 29)
	a.label("query")
	a.op("VLD1.P 32(R15), [V0.B16, V1.B16]")
	for i := range 2 {
		a.v3(sdot, i, i, 24)
		a.v3(sdot, i, 2, 29)
	}
	a.op("SUBS $32, R19, R19")
	a.op("BNE query")
	for _, v := range []int{24, 29} {
		a.op("VADDV V%d.S4, V%d", v, v)
		a.op("VDUP V%d.S[0], V%d.S4", v, v)
	}
	a.op("VSHL $4, V29.S4, V0.S4")
	a.op("VSUB V29.S4, V0.S4, V29.S4")
	a.v3(smax, 27, 24, 24)
	a.v2(scvtf, 24, 24)

	a.label("group")
	groupNEON(a)
	a.op("MOVD R0, R15")
	a.op("ADD R2, R0, R20")
	a.op("MOVD R2, R19")
	a.zero(16, 17, 18, 19, 20, 21, 22, 23)
	a.label("block")
	a.op("VLD1.P 32(R15), [V0.B16, V1.B16]")
	a.op("VLD1.P 32(R20), [V2.B16, V3.B16]")
	for i := range 4 {
		a.op("VLD1.P 32(R%d), [V4.B16, V5.B16]", 8+i)
		for half := range 2 {
			a.op("VUSHR $4, V%d.B16, V%d.B16", 4+half, 6+half)
			a.op("VAND V31.B16, V%d.B16, V%d.B16", 4+half, 4+half)
		}
		for c := range 4 {
			a.v3(sdot, c, 4+c, 16+i)
			a.op("VEOR V31.B16, V%d.B16, V%d.B16", 4+c, 8+c)
			a.v3(sdot, 8+c, 4+c, 20+i)
		}
	}
	a.op("SUBS $32, R19, R19")
	a.op("BNE block")
	sumRows(a, 16)
	sumRows(a, 20)
	a.op("VCMEQ V28.S4, V20.S4, V0.S4")
	a.op("VSHL $1, V16.S4, V16.S4")
	a.op("VSUB V29.S4, V16.S4, V16.S4")
	a.v3(bic, 0, 16, 16)
	a.op("VSHL $2, V20.S4, V20.S4")
	a.op("VSUB V20.S4, V30.S4, V20.S4")
	keysNEON(a)
}

func prefetchNEON(a *asm) {
	a.text("prefetchNEON", "(chunks *[]byte, shift uint, stride int, rows uint32, ids *uint32, n int)", 0, 48)
	a.op("MOVD chunks+0(FP), R0")
	a.op("MOVD shift+8(FP), R1")
	a.op("MOVD stride+16(FP), R2")
	a.op("MOVWU rows+24(FP), R3")
	a.op("MOVD ids+32(FP), R4")
	a.op("MOVD n+40(FP), R5")
	a.op("MOVD $1, R6")
	a.op("LSL R1, R6, R6")
	a.op("SUB $1, R6, R6")
	a.op("MOVD $24, R9")
	a.label("loop")
	a.op("MOVWU.P 4(R4), R10")
	a.op("CMP R3, R10")
	a.op("BHS skip")
	a.op("LSR R1, R10, R11")
	a.op("AND R6, R10, R10")
	a.op("MADD R9, R0, R11, R11")
	a.op("MOVD (R11), R11")
	a.op("MADD R2, R11, R10, R10")
	prefetchRowNEON(a, "R10", "skip")
	a.label("skip")
	a.op("SUBS $1, R5, R5")
	a.op("BNE loop")
	a.op("RET")
}

func expandNEON(a *asm) {
	a.text("expandNEON", "(dst, row *byte, n int)", 0, 24)
	a.comment("n is a positive multiple of 32")
	a.op("MOVD dst+0(FP), R0")
	a.op("MOVD row+8(FP), R1")
	a.op("MOVD n+16(FP), R2")
	a.op("ADD R2, R0, R3")
	a.fill(0x0f0f0f0f, 31)
	a.label("loop")
	a.op("VLD1.P 32(R1), [V0.B16, V1.B16]")
	for i := range 2 {
		a.op("VUSHR $4, V%d.B16, V%d.B16", i, 2+i)
		a.op("VAND V31.B16, V%d.B16, V%d.B16", i, i)
	}
	for i := range 4 {
		a.op("VADD V%d.B16, V%d.B16, V%d.B16", i, i, i)
		a.op("VSUB V31.B16, V%d.B16, V%d.B16", i, i)
	}
	a.op("VST1.P [V0.B16, V1.B16], 32(R0)")
	a.op("VST1.P [V2.B16, V3.B16], 32(R3)")
	a.op("SUBS $32, R2, R2")
	a.op("BNE loop")
	a.op("RET")
}

// scanNEON has 16 rows in a register and four for a block.
//
//	R0 tables, R1 groups, R2 planes, R3 blocks, R4 blocks left, R5 scores, R6 over
//	R7 planes done, R8 tables, R9 groups left
//	V16–V23 sums of words: of the first eight and the other rows of each register
//	V24–V27 tables, V0–V7 rows of two groups, V31 mask of nibbles
//	V12–V15 bits for each row of 16, V28 base, V29 scale, V30 floor, V11 shift
func scanNEON(a *asm) {
	for i := range 16 {
		fmt.Fprintf(&a.b, "DATA rowbits<>+%d(SB)/4, $0x%08x\n", 4*i, 1<<i)
	}
	fmt.Fprintf(&a.b, "GLOBL rowbits<>(SB), RODATA|NOPTR, $64\n")
	a.text("scanNEON", scanSig, 0, 72)
	for i, arg := range []string{"tables+0", "groups+8", "planes+16", "blocks+32", "n+40", "scores+56", "over+64"} {
		a.op("MOVD %s(FP), R%d", arg, i)
	}
	a.op("MOVW base+24(FP), R8")
	a.op("VDUP R8, V28.S4")
	a.op("FMOVS scale+28(FP), F29")
	a.op("VDUP V29.S[0], V29.S4")
	a.op("FMOVS floor+48(FP), F30")
	a.op("VDUP V30.S[0], V30.S4")
	a.op("FMOVS shift+52(FP), F11")
	a.op("VDUP V11.S[0], V11.S4")
	a.fill(0x0f0f0f0f, 31)
	a.op("MOVD $rowbits<>(SB), R8")
	a.op("VLD1 (R8), [V12.S4, V13.S4, V14.S4, V15.S4]")
	a.label("block")
	a.op("MOVD $0, R7")
	a.label("plane")
	a.zero(16, 17, 18, 19, 20, 21, 22, 23)
	a.op("MOVD R0, R8")
	a.op("MOVD R1, R9")
	a.label("pair")
	a.op("PRFM %d(R3), PLDL1KEEP", scanAhead)
	a.op("PRFM %d(R3), PLDL1KEEP", scanAhead+64)
	a.op("VLD1.P 64(R8), [V24.B16, V25.B16, V26.B16, V27.B16]")
	a.op("VLD1.P 64(R3), [V0.B16, V1.B16, V2.B16, V3.B16]")
	a.op("VLD1.P 64(R3), [V4.B16, V5.B16, V6.B16, V7.B16]")
	for i := range 4 {
		for g := range 2 {
			v := 4*g + i
			a.op("VUSHR $4, V%d.B16, V%d.B16", v, 8+g)
			a.op("VAND V31.B16, V%d.B16, V%d.B16", v, v)
			a.op("VTBL V%d.B16, [V%d.B16], V%d.B16", 8+g, 25+2*g, 8+g)
			a.op("VTBL V%d.B16, [V%d.B16], V%d.B16", v, 24+2*g, v)
			a.op("VADD V%d.B16, V%d.B16, V%d.B16", v, 8+g, 8+g)
		}
		a.op("VADD V9.B16, V8.B16, V8.B16")
		a.v3(uaddw, 8, 16+2*i, 16+2*i)
		a.v3(uaddw2, 8, 17+2*i, 17+2*i)
	}
	a.op("SUBS $2, R9, R9")
	a.op("BNE pair")

	a.comment("sums of 32 bits to where the scores will be; those of a first plane count twice")
	a.op("CBZ R7, first")
	widenNEON(a, true)
	a.op("B next")
	a.label("first")
	widenNEON(a, false)
	a.label("next")
	a.op("ADD $1, R7, R7")
	a.op("CMP R2, R7")
	a.op("BLT plane")

	a.op("MOVD $0xffff, R8")
	a.op("VDUP R8, V16.S4")
	a.op("MOVD $30, R8")
	a.op("VDUP R8, V17.S4")
	for j := range 4 {
		a.zero(18)
		for i := range 4 {
			at := 64*j + 16*i
			a.op("FMOVQ %d(R3), F0", at)
			a.op("FMOVQ %d(R5), F1", at)
			a.op("VAND V16.B16, V0.B16, V2.B16")
			a.op("VUSHR $16, V0.S4, V0.S4")
			a.op("VSHL $2, V1.S4, V1.S4")
			a.op("VADD V28.S4, V1.S4, V1.S4")
			a.v3(mls, 17, 2, 1)
			a.v2(scvtf, 0, 0)
			a.v2(scvtf, 1, 1)
			a.v3(fmul, 0, 1, 1)
			a.v3(fmul, 29, 1, 1)
			a.op("FMOVQ %d(R3), F0", 256+at)
			a.v3(fadd, 0, 1, 1)
			a.v3(fadd, 11, 1, 1)
			a.op("FMOVQ F1, %d(R5)", at)
			a.v3(fcmgt, 30, 1, 1)
			a.op("VAND V%d.B16, V1.B16, V1.B16", 12+i)
			a.op("VORR V1.B16, V18.B16, V18.B16")
		}
		a.op("VADDV V18.S4, V18")
		a.op("VMOV V18.S[0], R8")
		a.op("MOVH.P R8, 2(R6)")
	}
	a.op("ADD $512, R3")
	a.op("ADD $256, R5")
	a.op("SUBS $1, R4, R4")
	a.op("BNE block")
	a.op("RET")
}

// widenNEON stores the sums of a plane as 32 bits, in the order of the rows, added to
// twice those that are there if add is true.
func widenNEON(a *asm, add bool) {
	for j := range 4 {
		for i := range 4 {
			at := 64*j + 16*i
			a.v2([]uint32{uxtl, uxtl2}[j%2], 16+2*i+j/2, i)
			if add {
				a.op("FMOVQ %d(R5), F%d", at, 4+i)
				a.op("VADD V%d.S4, V%d.S4, V%d.S4", 4+i, 4+i, 4+i)
				a.op("VADD V%d.S4, V%d.S4, V%d.S4", 4+i, i, i)
			}
			a.op("FMOVQ F%d, %d(R5)", i, at)
		}
	}
}
