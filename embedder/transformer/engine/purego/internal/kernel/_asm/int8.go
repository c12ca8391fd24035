package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tileInt8 is tile for bytes: each step takes four of the inner dimension, by
// VPDPBUSD, and what is stored is scaled back to float32.
func (v isa) tileInt8() {
	v.text("tileInt8", fmt.Sprintf("tileInt8 computes m ≤ %d rows of %d columns from steps·4 bytes; lda counts bytes, ldc floats.", v.rows, 2*v.lanes),
		"func(m, steps int, a *uint8, lda int, b *int8, shift *int32, scale, bias, rows, c *float32, ldc int)")
	m := Load(Param("m"), RAX)
	Load(Param("steps"), RCX)
	Load(Param("a"), R8)
	lda := Load(Param("lda"), RDX)
	Load(Param("b"), RSI)
	Load(Param("shift"), R12)
	Load(Param("scale"), R13)
	Load(Param("bias"), R14)
	Load(Param("rows"), R15)
	Load(Param("c"), RDI)
	ldc := Load(Param("ldc"), RBX)
	SHLQ(U8(2), ldc)
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, R11)
	for rows := v.rows; rows > 1; rows-- {
		CMPQ(m, U8(uint64(rows)))
		JEQ(LabelRef(fmt.Sprintf("bytes%d", rows)))
	}
	for rows := 1; rows <= v.rows; rows++ {
		v.tileInt8Rows(rows)
	}
}

func (v isa) tileInt8Rows(rows int) {
	steps, lda, lda3, b, c, ldc := RCX, RDX, R11, RSI, RDI, RBX
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc := func(r, half int) VecPhysical { return v.reg(8 + 2*r + half) }
	pointers, row := rowsOfA(rows, lda, lda3)
	Label(label("bytes"))
	setPointers(pointers, lda)
	for r := range rows {
		v.zero(acc(r, 0))
		v.zero(acc(r, 1))
	}
	Label(label("step"))
	VMOVUPS(Mem{Base: b}, v.reg(0))
	VMOVUPS(Mem{Base: b, Disp: v.bytes()}, v.reg(1))
	ADDQ(U32(uint64(2*v.bytes())), b)
	for r := range rows {
		t := v.reg(2 + r%6)
		VPBROADCASTD(row(r, 0), t)
		dot(v.reg(0), t, acc(r, 0))
		dot(v.reg(1), t, acc(r, 1))
	}
	for _, p := range pointers {
		ADDQ(U8(4), p)
	}
	DECQ(steps)
	JNZ(LabelRef(label("step")))

	for half := range 2 {
		at := half * v.bytes()
		VMOVUPS(Mem{Base: R12, Disp: at}, v.reg(half))   // shift
		VMOVUPS(Mem{Base: R13, Disp: at}, v.reg(2+half)) // scale
		VMOVUPS(Mem{Base: R14, Disp: at}, v.reg(4+half)) // bias
	}
	for r := range rows {
		VBROADCASTSS(Mem{Base: R15, Disp: 4 * r}, v.reg(6))
		for half := range 2 {
			a := acc(r, half)
			VPSUBD(v.reg(half), a, a)
			VCVTDQ2PS(a, a)
			VMULPS(v.reg(6), a, a)
			VFMADD213PS(v.reg(4+half), v.reg(2+half), a)
			VMOVUPS(a, Mem{Base: c, Disp: half * v.bytes()})
		}
		if r < rows-1 {
			ADDQ(ldc, c)
		}
	}
	v.done()
}

// dot adds to each int32 of sum the products of four unsigned bytes of a and
// four signed ones of b. avo doesn't know the instruction.
func dot(b, a, sum Register) {
	Instruction(&ir.Instruction{
		Opcode: "VPDPBUSD", Operands: []Op{b, a, sum}, Inputs: []Op{b, a, sum}, Outputs: []Op{sum}, ISA: []string{"AVX512VNNI"},
	})
}

// quantize turns a row of floats into bytes.
func (v isa) quantize() {
	v.text("quantize", "quantize writes n floats as bytes around 128 and returns a byte's worth, n a multiple of the lanes.",
		"func(dst *uint8, x *float32, n int) float32")
	dst, x, n := Load(Param("dst"), RDI), Load(Param("x"), RSI), Load(Param("n"), RDX)
	p := R8
	most, a, inv, half := v.reg(0), v.reg(1), v.reg(2), v.reg(3)
	v.zero(most)
	MOVQ(x, p)
	v.loop("most", n, func() {
		VMOVUPS(Mem{Base: p}, a)
		v.and(bits(0x7fffffff), a, a)
		VMAXPS(a, most, most)
	}, p)
	v.fold(top, most, a)
	VMAXPS(f32(smallest), most, most)
	VMOVUPS(f32(127), inv)
	VDIVPS(most, inv, inv)
	VMOVDQU32(bits(128), half)
	v.loop("bytes", n, func() {
		VMULPS(Mem{Base: x}, inv, a)
		VCVTPS2DQ(a, a)
		VPADDD(half, a, a)
		VPMOVDB(a, Mem{Base: dst})
		ADDQ(U8(uint64(v.lanes)), dst)
	}, x)
	VMULSS(f32(1.0/127), most.AsX(), most.AsX())
	ret, _ := ReturnIndex(0).Resolve()
	VMOVSS(most.AsX(), ret.Addr)
	v.done()
}

// smallest stands for the largest element of a row of zeros.
const smallest = 1e-30
