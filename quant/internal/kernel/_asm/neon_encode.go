package main

import "fmt"

// More instructions without a name; see neon.go.
const (
	fabs  = 0x4ea0f800 // 4S
	fcmge = 0x6e20e400 // 4S: all ones where Vn >= Vm
	cmlt  = 0x4ea0a800 // 4S: all ones where Vn < 0
	xtn   = 0x0e612800 // the low half of 8H = 4S
	xtn2  = 0x4e612800 // the high half
	xtnb  = 0x0e212800 // the low half of 16B = 8H
	xtnb2 = 0x4e212800 // the high half
)

func init() {
	for op, name := range map[uint32]string{
		fabs: "FABS", fcmge: "FCMGE", cmlt: "CMLT", xtn: "XTN", xtn2: "XTN2", xtnb: "XTN", xtnb2: "XTN2",
	} {
		names[op] = name
	}
}

// encodeNEON writes what makes codes of vectors: the steps of a rotation, nibbles
// and signs. They do what those for AVX2 do.
func encodeNEON(a *asm) {
	// Sign bits of every second number of four, and of the second pair.
	for i := range 8 {
		fmt.Fprintf(&a.b, "DATA odd<>+%d(SB)/4, $0x%08x\n", 4*i, uint32(i%4>>(i/4)&1)<<31)
	}
	fmt.Fprintf(&a.b, "GLOBL odd<>(SB), RODATA|NOPTR, $32\n")
	for i := range 8 {
		fmt.Fprintf(&a.b, "DATA eachbit<>+%d(SB)/4, $0x%08x\n", 4*i, 1<<i)
	}
	fmt.Fprintf(&a.b, "GLOBL eachbit<>(SB), RODATA|NOPTR, $32\n")

	a.text("flipNEON", "(dst, v *float32, flips *uint32, n int)", 0, 32)
	a.comment("n is a positive multiple of 32, here and below")
	a.op("MOVD dst+0(FP), R0")
	a.op("MOVD v+8(FP), R1")
	a.op("MOVD flips+16(FP), R2")
	a.op("MOVD n+24(FP), R3")
	a.label("loop")
	a.op("VLD1.P 64(R1), [V0.B16, V1.B16, V2.B16, V3.B16]")
	a.op("VLD1.P 64(R2), [V4.B16, V5.B16, V6.B16, V7.B16]")
	for i := range 4 {
		a.op("VEOR V%d.B16, V%d.B16, V%d.B16", 4+i, i, i)
	}
	a.op("VST1.P [V0.B16, V1.B16, V2.B16, V3.B16], 64(R0)")
	a.op("SUBS $16, R3, R3")
	a.op("BNE loop")
	a.op("RET")

	a.text("mixNEON", "(a, b *float32, n int)", 0, 24)
	a.op("MOVD a+0(FP), R0")
	a.op("MOVD b+8(FP), R1")
	a.op("MOVD n+16(FP), R2")
	a.fill(0x3f3504f3, 31) // 1/√2
	a.label("loop")
	a.op("VLD1 (R0), [V0.S4, V1.S4, V2.S4, V3.S4]")
	a.op("VLD1 (R1), [V4.S4, V5.S4, V6.S4, V7.S4]")
	for i := range 4 {
		a.v3(fadd, 4+i, i, 16+i)
		a.v3(fsub, 4+i, i, 20+i)
		a.v3(fmul, 31, 16+i, 16+i)
		a.v3(fmul, 31, 20+i, 20+i)
	}
	a.op("VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)")
	a.op("VST1.P [V20.S4, V21.S4, V22.S4, V23.S4], 64(R1)")
	a.op("SUBS $16, R2, R2")
	a.op("BNE loop")
	a.op("RET")

	hadamardNEON(a)

	a.text("nibbleCodesNEON", "(dst *byte, x *float32, scale float32)", 0, 20)
	a.comment("32 numbers")
	a.op("MOVD dst+0(FP), R0")
	a.op("MOVD x+8(FP), R1")
	a.op("FMOVS scale+16(FP), F16")
	a.op("VDUP V16.S[0], V16.S4")
	a.fill(0x41000000, 17) // 8
	a.fill(0x41700000, 18) // 15
	a.zero(19)
	for half := range 2 {
		for i := range 4 {
			v := 4*half + i
			if i == 0 {
				a.op("VLD1.P 64(R1), [V%d.S4, V%d.S4, V%d.S4, V%d.S4]", v, v+1, v+2, v+3)
			}
			a.v3(fmul, 16, v, v)
			a.v3(fadd, 17, v, v)
			a.v3(fmin, 18, v, v)
			a.v3(fmax, 19, v, v)
			a.v2(fcvtzs, v, v)
		}
		v := 4 * half
		a.v2(xtn, v, 20)
		a.v2(xtn2, v+1, 20)
		a.v2(xtn, v+2, 21)
		a.v2(xtn2, v+3, 21)
		a.v2(xtnb, 20, 22+half)
		a.v2(xtnb2, 21, 22+half)
	}
	a.op("VST1 [V22.B16, V23.B16], (R0)")
	a.op("RET")

	a.text("signsNEON", "(first, second *byte, x *float32, n int, step float32, sums *SketchSums)", 0, 48)
	a.comment("n is a positive multiple of 8")
	a.op("MOVD first+0(FP), R0")
	a.op("MOVD second+8(FP), R1")
	a.op("MOVD x+16(FP), R2")
	a.op("MOVD n+24(FP), R3")
	a.op("FMOVS step+32(FP), F16")
	a.op("VDUP V16.S[0], V16.S4")
	a.op("MOVD sums+40(FP), R4")
	a.op("VLD1 (R4), [V18.S4, V19.S4]")
	a.op("MOVD $eachbit<>(SB), R5")
	a.op("VLD1 (R5), [V20.S4, V21.S4]")
	a.label("loop")
	a.op("VLD1.P 32(R2), [V0.S4, V1.S4]")
	for i := range 2 {
		a.v2(cmlt, i, 2+i)
		a.v2(fabs, i, i)
		a.v3(fcmge, 16, i, 4+i)
		a.v3(fadd, i, i, 6+i)
		a.op("VAND V%d.B16, V%d.B16, V%d.B16", 4+i, 6+i, 6+i)
		a.v3(fadd, 6+i, i, i)
		a.v3(fadd, i, 18+i, 18+i)
		a.op("VAND V%d.B16, V%d.B16, V%d.B16", 20+i, 2+i, 2+i)
		a.op("VAND V%d.B16, V%d.B16, V%d.B16", 20+i, 4+i, 4+i)
	}
	for i, r := range []string{"R6", "R7"} {
		v := 2 + 2*i
		a.op("VORR V%d.B16, V%d.B16, V%d.B16", v+1, v, v)
		a.op("VADDV V%d.S4, V%d", v, v)
		a.op("VMOV V%d.S[0], %s", v, r)
	}
	a.op("EOR R6, R7, R7")
	a.op("MVN R6, R6")
	a.op("MOVB.P R6, 1(R0)")
	a.op("MOVB.P R7, 1(R1)")
	a.op("SUBS $8, R3, R3")
	a.op("BNE loop")
	a.op("VST1 [V18.S4, V19.S4], (R4)")
	a.op("RET")
}

// hadamardNEON: in a first pass, 16 numbers are in four registers, and all steps
// within them are done. Further passes take two steps each, over four registers that
// lie h apart, and the last one takes what is left.
//
//	R0 v, R1 bytes, R2 bytes from one register to the next, R3 bytes of four
//	R4, R5, R6, R7 the four, R8 the end of the first of them, R9 the end of v
//	V30, V31 the signs, V29 scale
func hadamardNEON(a *asm) {
	a.text("hadamardNEON", "(v *float32, n int, scale float32)", 0, 20)
	a.op("MOVD v+0(FP), R0")
	a.op("MOVD n+8(FP), R1")
	a.op("LSL $2, R1, R1")
	a.op("ADD R0, R1, R9")
	a.op("FMOVS scale+16(FP), F29")
	a.op("VDUP V29.S[0], V29.S4")
	a.op("MOVD $odd<>(SB), R4")
	a.op("VLD1 (R4), [V30.S4, V31.S4]")
	a.op("MOVD R0, R4")
	a.label("first")
	a.op("VLD1 (R4), [V0.S4, V1.S4, V2.S4, V3.S4]")
	for i := range 4 {
		a.op("VREV64 V%d.S4, V%d.S4", i, 4+i)
		a.op("VEOR V30.B16, V%d.B16, V%d.B16", i, i)
		a.v3(fadd, i, 4+i, i)
	}
	for i := range 4 {
		a.op("VEXT $8, V%d.B16, V%d.B16, V%d.B16", i, i, 4+i)
		a.op("VEOR V31.B16, V%d.B16, V%d.B16", i, i)
		a.v3(fadd, i, 4+i, i)
	}
	twoStepsNEON(a)
	a.op("VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R4)")
	a.op("CMP R9, R4")
	a.op("BLT first")

	a.op("MOVD $64, R2")
	a.label("pass")
	a.op("LSL $2, R2, R3")
	a.op("CMP R1, R3")
	a.op("BGT last")
	a.op("MOVD R0, R4")
	a.label("part")
	for i := range 3 {
		a.op("ADD R2, R%d, R%d", 4+i, 5+i)
	}
	a.op("MOVD R5, R8")
	a.label("four")
	for i := range 4 {
		a.op("VLD1 (R%d), [V%d.S4]", 4+i, i)
	}
	twoStepsNEON(a)
	for i := range 4 {
		a.op("VST1.P [V%d.S4], 16(R%d)", i, 4+i)
	}
	a.op("CMP R8, R4")
	a.op("BLT four")
	a.op("MOVD R7, R4")
	a.op("CMP R9, R4")
	a.op("BLT part")
	a.op("MOVD R3, R2")
	a.op("B pass")

	a.comment("one step is left, or none; and the scale")
	a.label("last")
	a.op("CMP R1, R2")
	a.op("BEQ scaling")
	a.op("ADD R0, R2, R4")
	a.op("MOVD R4, R8")
	a.label("two")
	a.op("VLD1 (R0), [V0.S4]")
	a.op("VLD1 (R4), [V1.S4]")
	a.v3(fadd, 1, 0, 2)
	a.v3(fsub, 1, 0, 3)
	a.v3(fmul, 29, 2, 2)
	a.v3(fmul, 29, 3, 3)
	a.op("VST1.P [V2.S4], 16(R0)")
	a.op("VST1.P [V3.S4], 16(R4)")
	a.op("CMP R8, R0")
	a.op("BLT two")
	a.op("RET")
	a.label("scaling")
	a.op("VLD1 (R0), [V0.S4, V1.S4]")
	a.v3(fmul, 29, 0, 0)
	a.v3(fmul, 29, 1, 1)
	a.op("VST1.P [V0.S4, V1.S4], 32(R0)")
	a.op("CMP R9, R0")
	a.op("BLT scaling")
	a.op("RET")
}

// twoStepsNEON transforms V0–V3, with V4–V7 for what is between.
func twoStepsNEON(a *asm) {
	for _, i := range []int{0, 2} {
		a.v3(fadd, i+1, i, 4+i)
		a.v3(fsub, i+1, i, 5+i)
	}
	for _, i := range []int{0, 1} {
		a.v3(fadd, 6+i, 4+i, i)
		a.v3(fsub, 6+i, 4+i, 2+i)
	}
}
