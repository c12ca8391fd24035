package quant_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fronyai/frony-db/quant"
)

// DotBytes is Dot, wherever the bytes begin.
func TestDotBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 7, 192, 384, 385} {
		a, v := make([]float32, n), make([]float32, n)
		for i := range a {
			a[i], v[i] = rng.Float32()-0.5, rng.Float32()-0.5
		}
		want := quant.Dot(a, v)
		for shift := range 5 {
			b := make([]byte, shift, shift+4*n)
			for _, x := range v {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
			if got := quant.DotBytes(a, b[shift:]); got != want {
				t.Errorf("%d dims at offset %d: %v, want %v", n, shift, got, want)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a vector of the wrong length was taken")
		}
	}()
	quant.DotBytes(make([]float32, 3), make([]byte, 13))
}
