package api_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
	"github.com/fronyai/frony-db/db/filter"
)

// generator makes random values, zero ones among them.
type generator struct {
	t   *testing.T
	rng *rand.Rand
}

func (g generator) oneOf(n int) bool { return g.rng.IntN(n) == 0 }

// fill sets a value by its type.
func (g generator) fill(v reflect.Value) {
	if g.oneOf(4) {
		return // zero
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(g.time()))
		return
	case time.Duration:
		v.SetInt(g.rng.Int64N(1e9) * int64(time.Microsecond))
		return
	case filter.Expr:
		v.Set(reflect.ValueOf(g.filter(3)))
		return
	case db.Metadata:
		v.Set(reflect.ValueOf(g.metadata()))
		return
	case db.Mode:
		v.Set(reflect.ValueOf(db.Mode(g.rng.IntN(4))))
		return
	case db.Fusion:
		v.Set(reflect.ValueOf(db.Fusion(g.rng.IntN(2))))
		return
	case db.Fuse:
		v.Set(reflect.ValueOf(db.Fuse(g.rng.IntN(2))))
		return
	case db.Fields:
		f := db.Fields(g.rng.IntN(8))
		if f == 0 {
			f = db.FieldsNone
		}
		v.Set(reflect.ValueOf(f))
		return
	case chunk.Format:
		v.Set(reflect.ValueOf(chunk.Format(g.rng.IntN(2))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(g.text())
	case reflect.Bool:
		v.SetBool(g.oneOf(2))
	case reflect.Int, reflect.Int64:
		v.SetInt(g.rng.Int64N(1 << 31))
	case reflect.Float32:
		v.SetFloat(float64(g.rng.Float32()))
	case reflect.Float64:
		v.SetFloat(g.rng.NormFloat64())
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		g.fill(p.Elem())
		v.Set(p)
	case reflect.Slice:
		s := reflect.MakeSlice(v.Type(), g.rng.IntN(4), 4)
		for i := range s.Len() {
			g.fill(s.Index(i))
		}
		v.Set(s)
	case reflect.Interface:
		x := g.value()
		if _, ok := x.(time.Time); !ok { // facets have times as they are written
			v.Set(reflect.ValueOf(x))
		}
	case reflect.Struct:
		for i, f := range v.Fields() {
			if i.IsExported() && !unmakeable(i.Type) {
				g.fill(f)
			}
		}
	default:
		g.t.Fatalf("no random value of the type %s is known: add it here", v.Type())
	}
}

// spans are parts of a text, apart from each other.
func (g generator) spans(text string) (all []db.Span) {
	start := -1
	for i := range text {
		switch {
		case !g.oneOf(3):
		case start < 0:
			start = i
		default:
			all, start = append(all, db.Span{Start: start, End: i}), -1
		}
	}
	return all
}

func (g generator) time() time.Time {
	return time.UnixMicro(g.rng.Int64N(4e15)).In([]*time.Location{time.UTC, time.FixedZone("", 9*3600)}[g.rng.IntN(2)])
}

func (g generator) text() string {
	parts := []string{"서울", "spring", " ", `"`, "\\", "\n", "<&>", "\u2028", "#", "/", "눈", "0", "null"}
	s := ""
	for range g.rng.IntN(6) {
		s += parts[g.rng.IntN(len(parts))]
	}
	return s
}

// value is one of each type that metadata may have.
func (g generator) value() any {
	switch g.rng.IntN(7) {
	case 0:
		return g.text()
	case 1:
		return g.oneOf(2)
	case 2:
		return int64(1)<<53 + 1 + g.rng.Int64N(1000)
	case 3:
		return -g.rng.Int64()
	case 4:
		return float64(g.rng.IntN(1000)) // whole
	case 5:
		return math.Float64frombits(g.rng.Uint64N(0x7ff<<52)) * []float64{1, -1}[g.rng.IntN(2)]
	default:
		return g.time()
	}
}

func (g generator) metadata() db.Metadata {
	m := db.Metadata{}
	for range g.rng.IntN(5) {
		m[g.text()+"x"] = g.value()
	}
	if g.oneOf(2) {
		m["tags"] = []string{g.text(), g.text()}
		m["none"] = []string{}
		m["sizes"] = []int64{g.rng.Int64(), 0}
		m["weights"] = []float64{1, g.rng.NormFloat64()}
	}
	return m
}

func (g generator) filter(depth int) filter.Expr {
	field := []string{"lang", "이름", "a b", `"`, "and"}[g.rng.IntN(5)]
	if depth > 0 && g.oneOf(2) {
		a, b := g.filter(depth-1), g.filter(depth-1)
		return []filter.Expr{filter.And(a, b), filter.Or(a, b), filter.Not(a)}[g.rng.IntN(3)]
	}
	switch g.rng.IntN(8) {
	case 0:
		return filter.Eq(field, g.value())
	case 1:
		return filter.Ne(field, g.value())
	case 2:
		return filter.Lt(field, g.rng.NormFloat64())
	case 3:
		return filter.Ge(field, g.time())
	case 4:
		return filter.In(field, g.value(), g.value())
	case 5:
		return filter.Contains(field, g.text())
	case 6:
		return filter.Exists(field)
	default:
		return []filter.Expr{filter.All(), filter.None()}[g.rng.IntN(2)]
	}
}
