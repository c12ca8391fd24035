package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// unroll is how many steps of the inner dimension one turn of the loop makes.
const unroll = 4

// tile is one block of code for each number of rows. Two vectors of B and each
// row's element of A meet in 2·rows accumulators, which is as many as there
// are registers.
func (v isa) tile() {
	v.text("tile", fmt.Sprintf("tile computes m ≤ %d rows of %d columns; the strides count elements.", v.rows, 2*v.lanes),
		"func(m, k int, a *float32, lda int, b *float32, ldb int, bias, c *float32, ldc int)")
	m := Load(Param("m"), RAX)
	Load(Param("k"), RCX)
	Load(Param("a"), R8)
	lda := Load(Param("lda"), RDX)
	Load(Param("b"), RSI)
	ldb := Load(Param("ldb"), RBX)
	bias := Load(Param("bias"), R12)
	Load(Param("c"), RDI)
	ldc := Load(Param("ldc"), R13)
	for _, stride := range []Register{lda, ldb, ldc} {
		SHLQ(U8(2), stride)
	}
	LEAQ(Mem{Base: lda, Index: lda, Scale: 2}, R11)
	VMOVUPS(Mem{Base: bias}, v.reg(0))
	VMOVUPS(Mem{Base: bias, Disp: v.bytes()}, v.reg(1))
	for rows := v.rows; rows > 1; rows-- {
		CMPQ(m, U8(uint64(rows)))
		JEQ(LabelRef(fmt.Sprintf("rows%d", rows)))
	}
	for rows := 1; rows <= v.rows; rows++ {
		v.tileRows(rows)
	}
}

func (v isa) tileRows(rows int) {
	k, lda, lda3, b, ldb, c, ldc := RCX, RDX, R11, RSI, RBX, RDI, R13
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	temps := 2
	if v.lanes == 16 {
		temps = 6
	}
	acc := func(r, half int) VecPhysical { return v.reg(2 + temps + 2*r + half) }
	pointers, row := rowsOfA(rows, lda, lda3)

	Label(label("rows"))
	setPointers(pointers, lda)
	for r := range rows {
		VMOVAPS(v.reg(0), acc(r, 0))
		VMOVAPS(v.reg(1), acc(r, 1))
	}
	step := func(i int) {
		VMOVUPS(Mem{Base: b}, v.reg(0))
		VMOVUPS(Mem{Base: b, Disp: v.bytes()}, v.reg(1))
		ADDQ(ldb, b)
		for r := range rows {
			t := v.reg(2 + r%temps)
			VBROADCASTSS(row(r, 4*i), t)
			VFMADD231PS(v.reg(0), t, acc(r, 0))
			VFMADD231PS(v.reg(1), t, acc(r, 1))
		}
	}
	SUBQ(U8(unroll), k)
	JL(LabelRef(label("rest")))
	Label(label("loop"))
	for i := range unroll {
		step(i)
	}
	for _, p := range pointers {
		ADDQ(U8(4*unroll), p)
	}
	SUBQ(U8(unroll), k)
	JGE(LabelRef(label("loop")))
	Label(label("rest"))
	ADDQ(U8(unroll), k)
	JZ(LabelRef(label("store")))
	Label(label("single"))
	step(0)
	for _, p := range pointers {
		ADDQ(U8(4), p)
	}
	DECQ(k)
	JNZ(LabelRef(label("single")))
	Label(label("store"))
	for r := range rows {
		VMOVUPS(acc(r, 0), Mem{Base: c})
		VMOVUPS(acc(r, 1), Mem{Base: c, Disp: v.bytes()})
		if r < rows-1 {
			ADDQ(ldc, c)
		}
	}
	v.done()
}

// rowsOfA says where the rows of A are: row r begins at one of three pointers,
// one for each four rows, at a multiple of the stride from it.
func rowsOfA(rows int, lda, lda3 Register) (pointers []GPPhysical, row func(r, disp int) Mem) {
	pointers = []GPPhysical{R8, R9, R10}[:(rows+3)/4]
	return pointers, func(r, disp int) Mem {
		at := Mem{Base: pointers[r/4], Disp: disp}
		switch r % 4 {
		case 1:
			at.Index, at.Scale = lda, 1
		case 2:
			at.Index, at.Scale = lda, 2
		case 3:
			at.Index, at.Scale = lda3, 1
		}
		return at
	}
}

// setPointers sets all pointers but the first, four rows from each other.
func setPointers(pointers []GPPhysical, lda Register) {
	for i := 1; i < len(pointers); i++ {
		LEAQ(Mem{Base: pointers[i-1], Index: lda, Scale: 4}, pointers[i])
	}
}
