//go:build linux && native && cgo

package main

/*
#cgo CFLAGS: -O3 -march=native
typedef float vec __attribute__((vector_size(64)));
#define N 12
// peak_fma runs n times N multiplications and additions of 16 floats, which don't
// wait for each other.
static float peak_fma(long n) {
	vec a[N], x = {0}, y = {0};
	for (int i = 0; i < 16; i++) { x[i] = 0.999f; y[i] = 0.001f * i; }
	for (int j = 0; j < N; j++) a[j] = y + (float)j;
	for (long k = 0; k < n; k++)
		for (int j = 0; j < N; j++) a[j] = a[j] * x + y;
	float s = 0;
	for (int j = 0; j < N; j++) for (int i = 0; i < 16; i++) s += a[j][i];
	return s;
}
*/
import "C"

// fmaPeak measures what one core can do: floating-point operations per second
// of processor time, the best of a few tries.
func fmaPeak() float64 {
	best := 0.0
	for range 5 {
		const n = 20_000_000
		start := cpuTime()
		C.peak_fma(n)
		best = max(best, 2*16*12*n/(cpuTime()-start).Seconds())
	}
	return best
}
