package similar

import (
	"math/rand/v2"
	"testing"
)

func TestName(t *testing.T) {
	t.Parallel()
	names := []string{"text", "k", "filter", "ef_search", "min_score", "min_cosine"}
	for wrote, want := range map[string]string{
		"txet": "text", "Text": "text", "TEXT": "text", "fliter": "filter", "filters": "filter", "efSearch": "ef_search", "ef-search": "ef_search",
		"min_scor": "min_score", "mincosine": "min_cosine", "colour": "", "": "", "김": "", "쿼리": "", "tex": "text",
	} {
		if got := Name(wrote, names); got != want {
			t.Errorf("%q: %q, want %q", wrote, got, want)
		}
	}
}

// The distance is that of its definition.
func TestDistance(t *testing.T) {
	t.Parallel()
	const seed = 5
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	word := func() []rune {
		w := make([]rune, rng.IntN(6))
		for i := range w {
			w[i] = rune('a' + rng.IntN(3))
		}
		return w
	}
	for range 2000 {
		a, b := word(), word()
		if got, want := distance(a, b), defined(a, b); got != want || distance(b, a) != want {
			t.Fatalf("%q %q: %d, want %d", string(a), string(b), got, want)
		}
	}
}

func defined(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	x, y := a[:len(a)-1], b[:len(b)-1]
	cost := 1
	if a[len(x)] == b[len(y)] {
		cost = 0
	}
	d := min(defined(x, y)+cost, defined(x, b)+1, defined(a, y)+1)
	if len(x) > 0 && len(y) > 0 && a[len(x)] == b[len(y)-1] && a[len(x)-1] == b[len(y)] {
		d = min(d, defined(a[:len(a)-2], b[:len(b)-2])+1)
	}
	return d
}
