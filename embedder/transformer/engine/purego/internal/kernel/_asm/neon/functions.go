package main

import (
	"fmt"
	"math"
	"slices"
)

// Vectors of four floats: the functions that run between the products. They do what
// those of the same names for amd64 do; the polynomials are explained in generic.go.

// Instructions on four floats without a name in Go's assembler: Vd from Vm and Vn.
// Source: Arm ARM, C7.2.
const (
	fadd   = 0x4e20d400
	fsub   = 0x4ea0d400 // Vn − Vm
	fmul   = 0x6e20dc00
	fdiv   = 0x6e20fc00 // Vn / Vm
	fmax   = 0x4e20f400
	fmin   = 0x4ea0f400
	faddp  = 0x6e20d400 // sums of neighbours
	fabs   = 0x4ea0f800
	fsqrt  = 0x6ea1f800
	frintn = 0x4e218800
	fcvtzs = 0x4ea1b800
	fcvtns = 0x4e21a800 // to the nearest integer, or the even one of two
	xtn    = 0x0e612800 // four halves of the low halves of four words
	xtnb   = 0x0e212800 // eight bytes of the low halves of eight halves
	scvtf  = 0x4e21d800
	fmaxv  = 0x6e30f800 // the largest, to the first lane
	fcmgt  = 0x6ea0e400 // all ones where Vn > Vm
	bsl    = 0x6e601c00 // Vn where Vd is ones, Vm elsewhere
)

var instructions = map[uint32]string{
	fadd: "FADD", fsub: "FSUB", fmul: "FMUL", fdiv: "FDIV", fmax: "FMAX", fmin: "FMIN", faddp: "FADDP", fabs: "FABS",
	fsqrt: "FSQRT", frintn: "FRINTN", fcvtzs: "FCVTZS", fcvtns: "FCVTNS", xtn: "XTN", xtnb: "XTN", scvtf: "SCVTF", fmaxv: "FMAXV", fcmgt: "FCMGT", bsl: "BSL",
}

func v3(op uint32, vm, vn, vd int) {
	p("WORD $0x%08x // %s V%d, V%d, V%d", op|uint32(vm)<<16|uint32(vn)<<5|uint32(vd), instructions[op], vm, vn, vd)
}

func v2(op uint32, vn, vd int) {
	p("WORD $0x%08x // %s V%d, V%d", op|uint32(vn)<<5|uint32(vd), instructions[op], vn, vd)
}

// constants are the numbers that functions load, each four times; R15 points to them.
var constants []uint32

// load sets the lanes of Vd to x.
func load(x float64, vd int) { loadBits(math.Float32bits(float32(x)), vd) }

func loadBits(bits uint32, vd int) {
	at := slices.Index(constants, bits)
	if at < 0 {
		at = len(constants)
		constants = append(constants, bits)
	}
	p("FMOVQ %d(R15), F%d", 16*at, vd)
}

// horner is the polynomial of Vx with the coefficients c, the highest first, by way of
// Va and Vb. It returns which of the two has the result.
func horner(vx, va, vb int, c ...float64) int {
	load(c[0], va)
	for _, c := range c[1:] {
		load(c, vb)
		p("VFMLA V%d.S4, V%d.S4, V%d.S4", vx, va, vb)
		va, vb = vb, va
	}
	return va
}

// exp is e^V0 in V0. It takes V1, V2, V3 and V7.
func exp() {
	const f, n = 0, 1
	load(-87.3, 7)
	v3(fmax, 7, f, f)
	load(88.3, 7)
	v3(fmin, 7, f, f)
	load(math.Log2E, 7)
	v3(fmul, 7, f, n)
	v2(frintn, n, n)
	load(0.693359375, 7)
	p("VFMLS V7.S4, V%d.S4, V%d.S4", n, f)
	load(2.12194440e-4, 7)
	p("VFMLA V7.S4, V%d.S4, V%d.S4", n, f)
	poly := horner(f, 2, 3, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	square := 5 - poly // the other one of 2 and 3
	v3(fmul, f, f, square)
	load(1, 7)
	v3(fadd, 7, f, f)
	p("VFMLA V%d.S4, V%d.S4, V%d.S4", square, poly, f)
	v2(fcvtzs, n, n)
	p("VSHL $23, V%d.S4, V%d.S4", n, n)
	p("VADD V%d.S4, V%d.S4, V%d.S4", n, f, f)
}

// function starts one on n floats at x, n a multiple of four: R0 x, R1 n.
func function(name, more string, args int) {
	fmt.Printf("\n// func %sNEON(x *float32, n int%s)\nTEXT ·%sNEON(SB), NOSPLIT, $0-%d\n", name, more, name, args)
	p("MOVD x+0(FP), R0")
	p("MOVD n+8(FP), R1")
	p("MOVD $constants<>(SB), R15")
}

// loop runs body for each four of n floats, with R2 counting. body steps its pointers.
func loop(label string, body func()) {
	p("MOVD R1, R2")
	fmt.Printf("\n%s:\n", label)
	body()
	p("SUBS $4, R2, R2")
	p("BNE %s", label)
}

func functions() {
	softmax()
	gelu()
	geluTanh()
	addNorm()
	quantize()
	fmt.Println()
	for i, bits := range constants {
		for lane := range 4 {
			fmt.Printf("DATA constants<>+%d(SB)/4, $0x%08x\n", 16*i+4*lane, bits)
		}
	}
	fmt.Printf("GLOBL constants<>(SB), RODATA|NOPTR, $%d\n", 16*len(constants))
}

func softmax() {
	function("softmax", ", scale float32", 20)
	p("FMOVS scale+16(FP), F4")
	p("VDUP V4.S[0], V4.S4")
	p("MOVD R0, R3")
	p("VLD1 (R3), [V5.S4]")
	loop("most", func() {
		p("VLD1.P 16(R3), [V0.S4]")
		v3(fmax, 0, 5, 5)
	})
	v2(fmaxv, 5, 5)
	p("VDUP V5.S[0], V5.S4")
	p("VEOR V6.B16, V6.B16, V6.B16")
	p("MOVD R0, R3")
	loop("power", func() {
		p("VLD1 (R3), [V0.S4]")
		v3(fsub, 5, 0, 0)
		v3(fmul, 4, 0, 0)
		exp()
		p("VST1.P [V0.S4], 16(R3)")
		v3(fadd, 0, 6, 6)
	})
	v3(faddp, 6, 6, 6)
	v3(faddp, 6, 6, 6)
	load(1, 7)
	v3(fdiv, 6, 7, 6)
	loop("divide", func() {
		p("VLD1 (R0), [V0.S4]")
		v3(fmul, 6, 0, 0)
		p("VST1.P [V0.S4], 16(R0)")
	})
	p("RET")
}

// gelu: V16 the number, V17 x, V18 |x|, V19 x².
func gelu() {
	function("gelu", "", 16)
	loop("gelu", func() {
		p("VLD1 (R0), [V16.S4]")
		load(1/math.Sqrt2, 7)
		v3(fmul, 7, 16, 17)
		v2(fabs, 17, 18)
		v3(fmul, 17, 17, 19)

		// 1 − e^q(t), with the sign of x.
		far := horner(18, 0, 1, -1.72853470e-5, 3.83197126e-4)
		even := horner(18, 2, 3, -3.88396438e-3, 2.42546219e-2)
		p("VFMLA V19.S4, V%d.S4, V%d.S4", far, even)
		far, even = even, far
		for _, c := range []float64{-1.06777877e-1, -6.34846687e-1, -1.28717512e-1} {
			load(c, even)
			p("VFMLA V18.S4, V%d.S4, V%d.S4", far, even)
			far, even = even, far
		}
		v3(fmul, 18, far, 0)
		v3(fsub, 18, 0, 0)
		exp()
		load(1, 7)
		v3(fsub, 0, 7, 0)
		loadBits(0x80000000, 7)
		p("VAND V7.B16, V17.B16, V7.B16")
		p("VORR V7.B16, V0.B16, V0.B16")

		near := horner(19, 2, 3, -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1)
		load(0.927734375, 1)
		v3(fcmgt, 1, 18, 1)
		p("VFMLA V17.S4, V%d.S4, V17.S4", near)
		v3(bsl, 17, 0, 1)
		load(0.5, 7)
		p("VMOV V7.B16, V2.B16")
		p("VFMLA V7.S4, V1.S4, V2.S4")
		v3(fmul, 2, 16, 16)
		p("VST1.P [V16.S4], 16(R0)")
	})
	p("RET")
}

func geluTanh() {
	function("geluTanh", "", 16)
	loop("tanh", func() {
		p("VLD1 (R0), [V16.S4]")
		v3(fmul, 16, 16, 0)
		load(0.044715, 7)
		v3(fmul, 7, 0, 0)
		p("VMOV V16.B16, V1.B16")
		p("VFMLA V16.S4, V0.S4, V1.S4")
		load(-2*math.Sqrt2/math.SqrtPi, 7)
		v3(fmul, 7, 1, 0)
		exp()
		load(1, 7)
		v3(fadd, 7, 0, 0)
		v3(fdiv, 0, 16, 16)
		p("VST1.P [V16.S4], 16(R0)")
	})
	p("RET")
}

// addNorm: R4 y, R5 w, R6 b; V4 n, V5 the mean, V6 the sum of squares.
func addNorm() {
	fmt.Printf("\n// func addNormNEON(x *float32, y *float32, w *float32, b *float32, n int, eps float32)\n")
	fmt.Println("TEXT ·addNormNEON(SB), NOSPLIT, $0-44")
	for _, arg := range []string{"x+0(FP), R0", "y+8(FP), R4", "w+16(FP), R5", "b+24(FP), R6", "n+32(FP), R1"} {
		p("MOVD %s", arg)
	}
	p("MOVD $constants<>(SB), R15")
	p("VDUP R1, V4.S4")
	v2(scvtf, 4, 4)
	p("VEOR V5.B16, V5.B16, V5.B16")
	p("VEOR V6.B16, V6.B16, V6.B16")
	p("MOVD R0, R3")
	loop("sum", func() {
		p("VLD1 (R3), [V0.S4]")
		p("VLD1.P 16(R4), [V1.S4]")
		v3(fadd, 1, 0, 0)
		p("VST1.P [V0.S4], 16(R3)")
		v3(fadd, 0, 5, 5)
	})
	v3(faddp, 5, 5, 5)
	v3(faddp, 5, 5, 5)
	v3(fdiv, 4, 5, 5)
	p("MOVD R0, R3")
	loop("square", func() {
		p("VLD1 (R3), [V0.S4]")
		v3(fsub, 5, 0, 0)
		p("VST1.P [V0.S4], 16(R3)")
		p("VFMLA V0.S4, V0.S4, V6.S4")
	})
	v3(faddp, 6, 6, 6)
	v3(faddp, 6, 6, 6)
	v3(fdiv, 4, 6, 6)
	p("FMOVS eps+40(FP), F1")
	p("VDUP V1.S[0], V1.S4")
	v3(fadd, 1, 6, 6)
	v2(fsqrt, 6, 6)
	load(1, 7)
	v3(fdiv, 6, 7, 6)
	loop("scale", func() {
		p("VLD1 (R0), [V0.S4]")
		p("VLD1.P 16(R5), [V1.S4]")
		p("VLD1.P 16(R6), [V2.S4]")
		v3(fmul, 6, 0, 0)
		p("VFMLA V1.S4, V0.S4, V2.S4")
		p("VST1.P [V2.S4], 16(R0)")
	})
	p("RET")
}

// quantize: R4 the bytes; V4 the largest magnitude, V5 127 divided by it, V6 128.
func quantize() {
	fmt.Printf("\n// func quantizeNEON(dst *uint8, x *float32, n int) float32\n")
	fmt.Println("TEXT ·quantizeNEON(SB), NOSPLIT, $0-28")
	for _, arg := range []string{"dst+0(FP), R4", "x+8(FP), R0", "n+16(FP), R1"} {
		p("MOVD %s", arg)
	}
	p("MOVD $constants<>(SB), R15")
	load(1e-30, 4) // of a row of zeros
	p("MOVD R0, R3")
	loop("largest", func() {
		p("VLD1.P 16(R3), [V0.S4]")
		v2(fabs, 0, 0)
		v3(fmax, 0, 4, 4)
	})
	v2(fmaxv, 4, 4)
	p("VDUP V4.S[0], V4.S4")
	load(127, 5)
	v3(fdiv, 4, 5, 5)
	loadBits(128, 6)
	loop("bytes", func() {
		p("VLD1.P 16(R0), [V0.S4]")
		v3(fmul, 5, 0, 0)
		v2(fcvtns, 0, 0)
		p("VADD V6.S4, V0.S4, V0.S4")
		v2(xtn, 0, 0)
		v2(xtnb, 0, 0)
		p("FMOVS F0, (R4)")
		p("ADD $4, R4, R4")
	})
	load(1.0/127, 5)
	v3(fmul, 5, 4, 4)
	p("FMOVS F4, ret+24(FP)")
	p("RET")
}
