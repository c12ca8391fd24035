package source

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestShortFloat32 compares with strconv: floats as programs write them, random digits,
// and decimals in or near the middle between two float32.
func TestShortFloat32(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	short := 0
	check := func(s string) {
		t.Helper()
		want, err := strconv.ParseFloat(s, 32)
		for _, behind := range []string{"", ",", "]\n", ",0.123456789012345678901234567890"} { // it may read ahead
			b := []byte(s + behind)
			ways := []func([]byte) (float32, int){shortFloat32}
			if len(b) >= fractionRoom {
				ways = append(ways, fraction)
			}
			for _, f := range ways {
				got, n := f(b)
				if n == 0 {
					continue
				}
				short++
				if n != len(s) || err != nil || math.Float32bits(got) != math.Float32bits(float32(want)) {
					t.Fatalf("%s%s: got %g in %d bytes, want %g %v", s, behind, got, n, want, err)
				}
			}
		}
	}
	for _, s := range []string{
		"0", "-0", "-0.0", "1", "-1.5", "0.1", "1e5", "1E-5", "1e+5", "1e400", "-1e400", "3.4028235e38", "3.4028236e38", "1e-45", "1e-46",
		"16777217", "16777216.5", "16777217.000000001", "123456789012345", "1234567890123456789", "0.000000000000000000001", "0.00000000000000000000012345678901234567",
		"1e-22", "1e22", "1e23", "9007199254740993", "0.30000001192092896", "99999999999999999999999999",
	} {
		check(s)
	}
	n := 200_000
	for range n {
		x := math.Float32frombits(r.Uint32())
		if x-x != 0 {
			continue
		}
		next := math.Nextafter32(x, x+x)
		middle := (float64(x) + float64(next)) / 2
		check(strconv.FormatFloat(float64(x), 'g', -1, 32))
		check(strconv.FormatFloat(r.NormFloat64()/20, 'f', r.IntN(22), 64))
		check(strconv.FormatFloat(r.NormFloat64()/20, 'g', -1, 64))
		check(strconv.FormatFloat(r.NormFloat64()*3, 'f', r.IntN(22), 64))
		check(strconv.FormatFloat(middle, 'g', 1+r.IntN(17), 64))
		check(fmt.Sprintf("%d.%0*de%d", r.IntN(2000)-1000, 1+r.IntN(15), r.IntN(1e9), r.IntN(60)-30))
	}
	if short < 10*n {
		t.Errorf("only %d numbers went the short way", short)
	}
}

// TestShortFloat32Grammar: only JSON numbers are accepted.
func TestShortFloat32Grammar(t *testing.T) {
	for _, s := range []string{"", "-", "+1", "01", "-01", ".5", "1.", "1.e5", "-.5", "1e", "1e+", "1.5e-", "NaN", "Infinity", "e5", "--1", "00", "-a", "/.5", ":.5", "-/.5"} {
		for _, behind := range []string{"", ",", ",0.12345678901234567890123"} {
			b := []byte(s + behind)
			if f, n := shortFloat32(b); n != 0 {
				t.Errorf("%q was read as %g in %d bytes", b, f, n)
			}
			if len(b) < fractionRoom {
				continue
			}
			if f, n := fraction(b); n != 0 {
				t.Errorf("%q was read as the fraction %g in %d bytes", b, f, n)
			}
		}
	}
}

func BenchmarkParseEmbedding(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	text := []byte("[")
	for i := range 384 {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, float64(float32(r.NormFloat64()/20)), 'g', -1, 32)
	}
	text = append(text, ']')
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := parseEmbedding(text, "embedding"); err != nil {
			b.Fatal(err)
		}
	}
}
