//go:build !noasm

#include "textflag.h"

// Go's assembler does not know SDOT: Vd.4S += the sums of four products each of
// the signed bytes of Vn and Vm.
#define SDOT(Vm, Vn, Vd) WORD $(0x4E809400 | (Vm)<<16 | (Vn)<<5 | (Vd))

// func productsNEON(q, row *byte, n int) (dot, norm int32)
// n is a positive multiple of 32.
TEXT ·productsNEON(SB), NOSPLIT, $0-32
	MOVD q+0(FP), R0
	MOVD row+8(FP), R1
	MOVD n+16(FP), R2
	VEOR V4.B16, V4.B16, V4.B16
	VEOR V5.B16, V5.B16, V5.B16
	VEOR V6.B16, V6.B16, V6.B16
	VEOR V7.B16, V7.B16, V7.B16
loop:
	VLD1.P 32(R0), [V0.B16, V1.B16]
	VLD1.P 32(R1), [V2.B16, V3.B16]
	SDOT(2, 0, 4)
	SDOT(3, 1, 5)
	SDOT(2, 2, 6)
	SDOT(3, 3, 7)
	SUBS $32, R2, R2
	BNE loop
	VADD V5.S4, V4.S4, V4.S4
	VADD V7.S4, V6.S4, V6.S4
	VADDV V4.S4, V4
	VADDV V6.S4, V6
	VMOV V4.S[0], R3
	VMOV V6.S[0], R4
	MOVW R3, dot+24(FP)
	MOVW R4, norm+28(FP)
	RET

// func prefetchNEON(row *byte, lines int)
TEXT ·prefetchNEON(SB), NOSPLIT, $0-16
	MOVD row+0(FP), R0
	MOVD lines+8(FP), R1
next:
	PRFM (R0), PLDL1KEEP
	ADD $64, R0
	SUBS $1, R1, R1
	BNE next
	RET

// func dotNEON(a, b *float32, n int) float32
// n is a positive multiple of 16.
TEXT ·dotNEON(SB), NOSPLIT, $0-28
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R2
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
step:
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VFMLA V0.S4, V4.S4, V16.S4
	VFMLA V1.S4, V5.S4, V17.S4
	VFMLA V2.S4, V6.S4, V18.S4
	VFMLA V3.S4, V7.S4, V19.S4
	SUBS $16, R2, R2
	BNE step
	// Go's assembler has no vector FADD: multiply by one and add.
	FMOVS $1.0, F20
	VDUP V20.S[0], V20.S4
	VFMLA V17.S4, V20.S4, V16.S4
	VFMLA V19.S4, V20.S4, V18.S4
	VFMLA V18.S4, V20.S4, V16.S4
	VMOV V16.S[1], R3
	VMOV V16.S[2], R4
	VMOV V16.S[3], R5
	FMOVS R3, F1
	FMOVS R4, F2
	FMOVS R5, F3
	FADDS F1, F16, F0
	FADDS F3, F2, F2
	FADDS F2, F0, F0
	FMOVS F0, ret+24(FP)
	RET
