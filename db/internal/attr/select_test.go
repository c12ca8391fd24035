package attr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

// odds are values whose equals look different, and values that only look equal.
var odds = []any{
	"a", "b", "A", "7", "2024-05-01", "2024.05.01", "2024-05-01T09:00:00+09:00", "2024-05-02", "05/01/2024", "한글", "\u1112\u1161\u11ab글",
	int64(7), 7.0, 7.5, int64(0), 0.0, math.Copysign(0, -1), int64(1 << 53), float64(1 << 53), int64(1<<53 + 1), 1e300, float64(1 << 63),
	true, false, time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 5, 1, 9, 0, 0, 0, time.FixedZone("", 9*3600)).UTC(),
	[]string{"a", "7"},
	[]string{},
	[]int64{7, 0},
	[]float64{7, 0.5},
}

// TestSelectMatches compares conditions over columns with the same conditions over the
// values themselves, while values come and go, and after a snapshot.
func TestSelectMatches(t *testing.T) {
	t.Parallel()
	const nodes = 5000
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 2))
	x := New()
	want := make([]map[string]any, nodes)
	for round := range 4 {
		for range nodes {
			node := rng.Uint32N(nodes)
			m := map[string]any{"v": odds[rng.IntN(len(odds))], "n": int64(node) + rng.Int64N(3)}
			if rng.IntN(50) == 0 {
				m["rare"] = odds[rng.IntN(len(odds))]
			}
			if rng.IntN(5) == 0 {
				delete(m, "v")
			}
			x.Set(node, m)
			want[node] = m
		}
		for range 120 {
			e := condition(rng)
			got := selected(t, x, e, nodes)
			for node := range uint32(nodes) {
				meets := e.Match(func(name string) (any, bool) { v, ok := want[node][name]; return v, ok })
				if got[node/64]>>(node%64)&1 != 0 != meets {
					t.Fatalf("seed %d, round %d: node %d with %v: %v is %v", seed, round, node, want[node], e, !meets)
				}
			}
		}
		y, err := Decode(x.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if k := x.columns["v"].kinds; y.columns["v"].kinds != k {
			t.Errorf("seed %d: kinds %v, read back %v", seed, k, y.columns["v"].kinds)
		}
		x = y
	}
}

func condition(rng *rand.Rand) filter.Expr {
	field := []string{"v", "rare", "n", "none"}[rng.IntN(4)]
	single := odds[:len(odds)-4]
	value := func() any {
		if field == "n" {
			return rng.Int64N(5000)
		}
		return single[rng.IntN(len(single))]
	}
	switch rng.IntN(8) {
	case 0, 1:
		return filter.Eq(field, value())
	case 2:
		return filter.Ne(field, value())
	case 3, 4:
		return filter.In(field, value(), value(), value())
	case 5:
		return filter.Not(filter.In(field, value(), value()))
	case 6:
		if v, ok := value().(string); ok {
			return filter.ILike(field, v+"%")
		}
		return filter.Contains(field, []any{"a", 7, 0.5}[rng.IntN(3)])
	}
	v := value()
	if _, ok := v.(bool); ok {
		v = "a"
	}
	return filter.Ge(field, v)
}

// BenchmarkSelect is one condition over 100,000 nodes whose values are all different.
func BenchmarkSelect(b *testing.B) {
	const nodes = 100_000
	x := New()
	for node := range uint32(nodes) {
		x.Set(node, map[string]any{
			"doc": fmt.Sprintf("file-%07d.pdf", node), "lang": []string{"ko", "en"}[node%2],
			"at": fmt.Sprintf("2024-05-01T00:%02d:%02d.%03dZ", node/60000, node/1000%60, node%1000),
		})
	}
	many := func(n int) []filter.Expr {
		list := make([]filter.Expr, n)
		for i := range list {
			list[i] = filter.Eq("doc", fmt.Sprintf("file-%07d.pdf", i*(nodes/n)))
		}
		return list
	}
	values := make([]any, 10_000)
	for i := range values {
		values[i] = fmt.Sprintf("file-%07d.pdf", i*10)
	}
	for name, e := range map[string]filter.Expr{
		"unique": filter.Eq("doc", "file-0050000.pdf"), "half": filter.Eq("lang", "ko"),
		"OR 1000": filter.Or(many(1000)...), "IN 10000": filter.In("doc", values...), "NOT IN 10000": filter.Not(filter.In("doc", values...)),
		"time": filter.Eq("at", "2024-05-01T00:01:00Z"), "times": filter.Ge("at", "2024-05-01T00:01:00Z"), "LIKE": filter.Like("doc", "%7.pdf"), "ILIKE": filter.ILike("doc", "%FILE%7.pdf"),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				selected(b, x, e, nodes)
			}
		})
	}
}
