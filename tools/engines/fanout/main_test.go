package main

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// uniform are latencies of which the share q is below q milliseconds.
func uniform() []float64 {
	one := make([]float64, 10_000)
	for i := range one {
		one[i] = (float64(i) + 0.5) / float64(len(one))
	}
	return one
}

// The slowest of n times that are uniform in 0 to 1 is below x with the chance xⁿ.
func TestSlowest(t *testing.T) {
	one := uniform()
	for _, n := range []int{1, 2, 10, 100} {
		all, twice := simulate(rand.New(rand.NewPCG(1, uint64(n))), one, n, 50_000, 0)
		for _, q := range []float64{0.5, 0.99} {
			got, want := quantile(all, q), math.Pow(q, 1/float64(n))
			if math.Abs(got-want) > 0.01 {
				t.Errorf("%d shards: quantile %v is %.4f, want %.4f", n, q, got, want)
			}
		}
		if twice != 0 {
			t.Errorf("%d shards: %v were asked twice", n, twice)
		}
	}
}

// A copy that is asked after the quantile makes the tail shorter, and costs the share of
// shards that are above it.
func TestHedged(t *testing.T) {
	one := uniform()
	for i := len(one) * 98 / 100; i < len(one); i++ {
		one[i] = 100 // two in a hundred hang
	}
	plain, _ := simulate(rand.New(rand.NewPCG(1, 1)), one, 32, 20_000, 0)
	hedged, twice := simulate(rand.New(rand.NewPCG(1, 1)), one, 32, 20_000, 0.95)
	if p, h := quantile(plain, 0.9), quantile(hedged, 0.9); p != 100 || h > 2 {
		t.Errorf("the slowest tenth begins at %.1f ms, hedged at %.1f ms", p, h)
	}
	if math.Abs(twice-0.05) > 0.005 {
		t.Errorf("%.3f of the shards were asked twice, want 0.05", twice)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var out, again strings.Builder
	path := file("good", "3\n1.5\n\n2\n")
	if err := run([]string{path}, 1000, 7, 0.95, &out); err != nil || !strings.Contains(out.String(), "| 128 | 3.0 ms | 3.0 ms |") {
		t.Errorf("%v\n%s", err, &out)
	}
	if err := run([]string{path}, 1000, 7, 0.95, &again); err != nil || out.String() != again.String() {
		t.Errorf("another time, another table: %v", err)
	}
	if list, err := read(strings.NewReader("3\n1\n2")); err != nil || !slices.Equal(list, []float64{1, 2, 3}) {
		t.Errorf("%v, %v", list, err)
	}
	for name, text := range map[string]string{"text": "x\n", "negative": "-1\n", "empty": "\n"} {
		if err := run([]string{file(name, text)}, 10, 1, 0, &out); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
