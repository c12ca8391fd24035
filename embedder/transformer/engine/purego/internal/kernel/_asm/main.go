// Command asm writes the assembly of package kernel.
//
//	go run . -out ../kernel_amd64.s
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is a width of vectors and what differs with it.
type isa struct {
	name  string
	lanes int // float32s in a vector
	rows  int // of a tile
}

func main() {
	ConstraintExpr("amd64,!noasm")
	for _, v := range []isa{{"AVX2", 8, 6}, {"AVX512", 16, 12}} {
		v.tile()
		v.softmax()
		v.gelu()
		v.geluTanh()
		v.addNorm()
		if v.lanes == 16 {
			v.tileInt8()
			v.quantize()
		}
	}
	Generate()
}

// reg returns vector register i.
func (v isa) reg(i int) VecPhysical {
	if v.lanes == 8 {
		return []VecPhysical{Y0, Y1, Y2, Y3, Y4, Y5, Y6, Y7, Y8, Y9, Y10, Y11, Y12, Y13, Y14, Y15}[i]
	}
	return []VecPhysical{
		Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15,
		Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31,
	}[i]
}

func (v isa) bytes() int { return 4 * v.lanes }

func (v isa) text(name, doc, signature string) {
	TEXT(name+v.name, NOSPLIT, signature)
	Doc(doc)
}

var constants = map[uint32]Mem{}

// bits is a constant that fills a vector.
func bits(u uint32) Mem {
	m, ok := constants[u]
	if !ok {
		m = GLOBL(fmt.Sprintf("const%08x", u), RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(u))
		}
		constants[u] = m
	}
	return m
}

func f32(f float64) Mem { return bits(math.Float32bits(float32(f))) }

// loop runs body n/lanes times with ptrs moving on by a vector each time.
func (v isa) loop(label string, n Register, body func(), ptrs ...Register) {
	count := RCX
	MOVQ(n, count)
	SHRQ(U8(map[int]uint64{8: 3, 16: 4}[v.lanes]), count)
	Label(label)
	body()
	for _, p := range ptrs {
		ADDQ(U32(uint64(v.bytes())), p)
	}
	DECQ(count)
	JNZ(LabelRef(label))
}

// fold combines all lanes of a by op, pairwise, and fills a with the result.
func (v isa) fold(op func(...Op), a, tmp VecPhysical) {
	if v.lanes == 16 {
		VEXTRACTF64X4(U8(1), a, tmp.AsY())
		op(tmp.AsY(), a.AsY(), a.AsY())
	}
	VEXTRACTF128(U8(1), a.AsY(), tmp.AsX())
	op(tmp.AsX(), a.AsX(), a.AsX())
	VPERMILPS(U8(0b01_00_11_10), a.AsX(), tmp.AsX())
	op(tmp.AsX(), a.AsX(), a.AsX())
	VPERMILPS(U8(0b10_11_00_01), a.AsX(), tmp.AsX())
	op(tmp.AsX(), a.AsX(), a.AsX())
	VBROADCASTSS(a.AsX(), a)
}

func add(ops ...Op) { VADDPS(ops...) }
func top(ops ...Op) { VMAXPS(ops...) }

// exp replaces x by e^x as the generic exp does; n, p and z are overwritten.
func (v isa) exp(x, n, p, z VecPhysical) {
	VMAXPS(f32(-87.3), x, x)
	VMINPS(f32(88.3), x, x)
	VMULPS(f32(math.Log2E), x, n)
	if v.lanes == 16 {
		VRNDSCALEPS(U8(0), n, n)
	} else {
		VROUNDPS(U8(0), n, n)
	}
	VFNMADD231PS(f32(0.693359375), n, x)
	VFMADD231PS(f32(2.12194440e-4), n, x)
	VMOVUPS(f32(1.9875691500e-4), p)
	for _, c := range []float64{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		VFMADD213PS(f32(c), x, p)
	}
	VMULPS(x, x, z)
	VFMADD213PS(x, z, p)
	VADDPS(f32(1), p, p)
	VCVTPS2DQ(n, n)
	VPSLLD(U8(23), n, n)
	VPADDD(n, p, x)
}

func (v isa) softmax() {
	v.text("softmax", "softmax of n floats in place, n a multiple of the lanes.", "func(x *float32, n int, scale float32)")
	x, n := Load(Param("x"), RDI), Load(Param("n"), RSI)
	p := RDX
	most, sum, scale := v.reg(0), v.reg(1), v.reg(2)
	e, a, b, c := v.reg(3), v.reg(4), v.reg(5), v.reg(6)

	VMOVUPS(Mem{Base: x}, most)
	MOVQ(x, p)
	v.loop("max", n, func() { VMAXPS(Mem{Base: p}, most, most) }, p)
	v.fold(top, most, a)

	s, _ := Param("scale").Resolve()
	VBROADCASTSS(s.Addr, scale)
	v.zero(sum)
	MOVQ(x, p)
	v.loop("exp", n, func() {
		VMOVUPS(Mem{Base: p}, e)
		VSUBPS(most, e, e)
		VMULPS(scale, e, e)
		v.exp(e, a, b, c)
		VMOVUPS(e, Mem{Base: p})
		VADDPS(e, sum, sum)
	}, p)
	v.fold(add, sum, a)
	VMOVUPS(f32(1), a)
	VDIVPS(sum, a, a)

	v.loop("divide", n, func() {
		VMULPS(Mem{Base: x}, a, e)
		VMOVUPS(e, Mem{Base: x})
	}, x)
	v.done()
}

func (v isa) zero(r VecPhysical) {
	if v.lanes == 16 {
		VPXORD(r, r, r)
	} else {
		VXORPS(r, r, r)
	}
}

func (v isa) and(m Op, a, to VecPhysical) {
	if v.lanes == 16 {
		VPANDD(m, a, to)
	} else {
		VANDPS(m, a, to)
	}
}

func (v isa) or(m Op, a, to VecPhysical) {
	if v.lanes == 16 {
		VPORD(m, a, to)
	} else {
		VORPS(m, a, to)
	}
}

func (v isa) done() {
	VZEROUPPER()
	RET()
}

func (v isa) gelu() {
	v.text("gelu", "GELU of n floats in place, n a multiple of the lanes.", "func(x *float32, n int)")
	p, n := Load(Param("x"), RDI), Load(Param("n"), RSI)
	val, x, t, s := v.reg(0), v.reg(1), v.reg(2), v.reg(3)
	far, u, near, a, b := v.reg(4), v.reg(5), v.reg(6), v.reg(7), v.reg(8)
	v.loop("gelu", n, func() {
		VMOVUPS(Mem{Base: p}, val)
		VMULPS(f32(1/math.Sqrt2), val, x)
		v.and(bits(0x7fffffff), x, t)
		VMULPS(x, x, s)

		// 1 - e^q(t), with the sign of x.
		VMOVUPS(f32(-1.72853470e-5), far)
		VFMADD213PS(f32(3.83197126e-4), t, far)
		VMOVUPS(f32(-3.88396438e-3), u)
		VFMADD213PS(f32(2.42546219e-2), t, u)
		VFMADD213PS(u, s, far)
		VFMADD213PS(f32(-1.06777877e-1), t, far)
		VFMADD213PS(f32(-6.34846687e-1), t, far)
		VFMADD213PS(f32(-1.28717512e-1), t, far)
		VFMSUB213PS(t, t, far)
		v.exp(far, u, a, b)
		VMOVUPS(f32(1), u)
		VSUBPS(far, u, far)
		v.and(bits(0x80000000), x, u)
		v.or(u, far, far)

		// The polynomial near 0.
		VMOVUPS(f32(-5.96761703e-4), near)
		for _, c := range []float64{4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1} {
			VFMADD213PS(f32(c), s, near)
		}
		VFMADD213PS(x, x, near)

		const greater = 0x1e // ordered, quiet
		if v.lanes == 16 {
			VCMPPS(U8(greater), f32(0.927734375), t, K1)
			VBLENDMPS(far, near, K1, near)
		} else {
			VCMPPS(U8(greater), f32(0.927734375), t, u)
			VBLENDVPS(u, far, near, near)
		}
		VMOVUPS(f32(0.5), u)
		VFMADD213PS(u, u, near)
		VMULPS(near, val, val)
		VMOVUPS(val, Mem{Base: p})
	}, p)
	v.done()
}

func (v isa) geluTanh() {
	v.text("geluTanh", "GELU by tanh of n floats in place, n a multiple of the lanes.", "func(x *float32, n int)")
	p, n := Load(Param("x"), RDI), Load(Param("n"), RSI)
	val, u, a, b, c := v.reg(0), v.reg(1), v.reg(2), v.reg(3), v.reg(4)
	v.loop("tanh", n, func() {
		VMOVUPS(Mem{Base: p}, val)
		VMULPS(val, val, u)
		VMULPS(f32(0.044715), u, u)
		VFMADD213PS(val, val, u)
		VMULPS(f32(-2*math.Sqrt2/math.SqrtPi), u, u)
		v.exp(u, a, b, c)
		VADDPS(f32(1), u, u)
		VDIVPS(u, val, val)
		VMOVUPS(val, Mem{Base: p})
	}, p)
	v.done()
}

func (v isa) addNorm() {
	v.text("addNorm", "addNorm normalises x + y, of n floats, n a multiple of the lanes.", "func(x, y, w, b *float32, n int, eps float32)")
	x, y := Load(Param("x"), RDI), Load(Param("y"), RSI)
	w, b := Load(Param("w"), R8), Load(Param("b"), R9)
	n, p := Load(Param("n"), R10), RDX
	sum, mean, square, a, count := v.reg(0), v.reg(1), v.reg(2), v.reg(3), v.reg(4)

	VXORPS(count.AsX(), count.AsX(), count.AsX())
	VCVTSI2SSQ(n, count.AsX(), count.AsX())
	VBROADCASTSS(count.AsX(), count)
	v.zero(mean)
	MOVQ(x, p)
	v.loop("sum", n, func() {
		VMOVUPS(Mem{Base: p}, a)
		VADDPS(Mem{Base: y}, a, a)
		VMOVUPS(a, Mem{Base: p})
		VADDPS(a, mean, mean)
	}, p, y)
	v.fold(add, mean, a)
	VDIVPS(count, mean, mean)

	v.zero(square)
	MOVQ(x, p)
	v.loop("square", n, func() {
		VMOVUPS(Mem{Base: p}, a)
		VSUBPS(mean, a, a)
		VMOVUPS(a, Mem{Base: p})
		VFMADD231PS(a, a, square)
	}, p)
	v.fold(add, square, a)
	VDIVPS(count, square, square)
	e, _ := Param("eps").Resolve()
	VBROADCASTSS(e.Addr, a)
	VADDPS(a, square, square)
	VSQRTPS(square, square)
	VMOVUPS(f32(1), sum)
	VDIVPS(square, sum, sum)

	v.loop("scale", n, func() {
		VMULPS(Mem{Base: x}, sum, a)
		VMOVUPS(Mem{Base: w}, mean)
		VFMADD213PS(Mem{Base: b}, mean, a)
		VMOVUPS(a, Mem{Base: x})
	}, x, w, b)
	v.done()
}
