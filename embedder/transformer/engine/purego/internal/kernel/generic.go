package kernel

import "math"

// generic is the specification: what every other Set must compute, up to
// rounding.
var generic = &Set{Name: "generic", Rows: 4, Cols: 8, Lanes: 1}

// tile is the specification of a tile. It takes two rows and four columns at a
// time, whose sums fit in scalar registers, and a last odd row twice.
func tile(m, k int, a []float32, lda int, b []float32, ldb int, bias, c []float32, ldc int) {
	for i := 0; i < m; i += 2 {
		i1 := min(i+1, m-1)
		for j := 0; j < generic.Cols; j += 4 {
			tile2x4(a[i*lda:i*lda+k], a[i1*lda:i1*lda+k], b[j:], ldb,
				(*[4]float32)(bias[j:]), (*[4]float32)(c[i*ldc+j:]), (*[4]float32)(c[i1*ldc+j:]))
		}
	}
}

func tile2x4(a0, a1, b []float32, ldb int, bias, c0, c1 *[4]float32) {
	a1 = a1[:len(a0)]
	s0, s1, s2, s3 := bias[0], bias[1], bias[2], bias[3]
	t0, t1, t2, t3 := s0, s1, s2, s3
	at := 0
	for x, v := range a0 {
		u := a1[x]
		w := (*[4]float32)(b[at:])
		s0 += v * w[0]
		s1 += v * w[1]
		s2 += v * w[2]
		s3 += v * w[3]
		t0 += u * w[0]
		t1 += u * w[1]
		t2 += u * w[2]
		t3 += u * w[3]
		at += ldb
	}
	*c0 = [4]float32{s0, s1, s2, s3}
	*c1 = [4]float32{t0, t1, t2, t3}
}

func softmax(x []float32, scale float32) {
	if len(x) == 0 {
		return
	}
	top := negInf
	for _, v := range x {
		top = max(top, v)
	}
	var sum float32
	for i, v := range x {
		e := exp(scale * (v - top))
		x[i] = e
		sum += e
	}
	inv := 1 / sum
	for i := range x {
		x[i] *= inv
	}
}

func gelu(x []float32) {
	for i, v := range x {
		x[i] = v * (0.5 * (1 + erf(v*(1/math.Sqrt2))))
	}
}

// By 1 + tanh(u) = 2/(1 + exp(-2u)).
func geluTanh(x []float32) {
	const a, b = 2 * math.Sqrt2 / math.SqrtPi, 0.044715
	for i, v := range x {
		u := v + b*v*v*v
		x[i] = v / (1 + exp(-a*u))
	}
}

func addNorm(x, y, w, b []float32, eps float32) {
	var sum float32
	for i, v := range y {
		x[i] += v
		sum += x[i]
	}
	mean := sum / float32(len(x))
	var square float32
	for i, v := range x {
		v -= mean
		x[i] = v
		square += v * v
	}
	inv := 1 / float32(math.Sqrt(float64(square/float32(len(x))+eps)))
	for i, v := range x {
		x[i] = v*inv*w[i] + b[i]
	}
}

// Where exp stops: beyond expMax it would overflow, below expMin its result is
// less than a normal float32.
const (
	expMin = -87.3
	expMax = 88.3
)

// exp is e^x within 2 ulp, for x clamped to expMin … expMax: x = n·ln 2 + f with
// |f| ≤ ln(2)/2, a polynomial for e^f, and n added to the exponent bits.
// Source: S. Moshier, Cephes, expf.c.
func exp(x float32) float32 {
	x = min(max(x, expMin), expMax)
	n := float32(math.RoundToEven(float64(x * math.Log2E)))
	f := x - n*0.693359375
	f += n * 2.12194440e-4
	p := float32(1.9875691500e-4)
	p = p*f + 1.3981999507e-3
	p = p*f + 8.3334519073e-3
	p = p*f + 4.1665795894e-2
	p = p*f + 1.6666665459e-1
	p = p*f + 5.0000001201e-1
	p = p*(f*f) + f + 1
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}

// erf is the error function within 2 ulp: a polynomial near 0, and 1 - e^q(x)
// with a polynomial q further out.
// Source: N. Juffa, https://stackoverflow.com/q/35148198, both branches.
func erf(x float32) float32 {
	t := float32(math.Abs(float64(x)))
	s := x * x
	if t > 0.927734375 {
		r := -1.72853470e-5*t + 3.83197126e-4
		u := -3.88396438e-3*t + 2.42546219e-2
		r = r*s + u
		r = r*t - 1.06777877e-1
		r = r*t - 6.34846687e-1
		r = r*t - 1.28717512e-1
		r = r*t - t
		return float32(math.Copysign(float64(1-exp(r)), float64(x)))
	}
	r := float32(-5.96761703e-4)
	r = r*s + 4.99119423e-3
	r = r*s - 2.67681349e-2
	r = r*s + 1.12819925e-1
	r = r*s - 3.76125336e-1
	r = r*s + 1.28379166e-1
	return r*x + x
}
