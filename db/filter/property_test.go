package filter_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/fronyai/frony-db/db/filter"
)

// A model is a filter as plain data, decided by the rules of the package
// comment one after the other, without any of the package's code.
type model struct {
	op     string // and, or, not, const, or an operator
	parts  []model
	field  string
	values []any
	truth  bool
}

func (m model) expr() filter.Expr {
	var parts []filter.Expr
	for _, p := range m.parts {
		parts = append(parts, p.expr())
	}
	one := func() any { return m.values[0] }
	switch m.op {
	case "and":
		return filter.And(parts...)
	case "or":
		return filter.Or(parts...)
	case "not":
		return filter.Not(parts[0])
	case "const":
		if m.truth {
			return filter.All()
		}
		return filter.None()
	case "=":
		return filter.Eq(m.field, one())
	case "!=":
		return filter.Ne(m.field, one())
	case "<":
		return filter.Lt(m.field, one())
	case "<=":
		return filter.Le(m.field, one())
	case ">":
		return filter.Gt(m.field, one())
	case ">=":
		return filter.Ge(m.field, one())
	case "IN":
		return filter.In(m.field, m.values...)
	case "CONTAINS":
		return filter.Contains(m.field, one())
	case "STARTS WITH":
		return filter.StartsWith(m.field, one().(string))
	case "LIKE":
		return filter.Like(m.field, one().(string))
	case "ILIKE":
		return filter.ILike(m.field, one().(string))
	}
	return filter.Exists(m.field)
}

func (m model) holds(doc map[string]any) bool {
	x, present := doc[m.field]
	switch m.op {
	case "and":
		return !slices.ContainsFunc(m.parts, func(p model) bool { return !p.holds(doc) })
	case "or":
		return slices.ContainsFunc(m.parts, func(p model) bool { return p.holds(doc) })
	case "not":
		return !m.parts[0].holds(doc)
	case "const":
		return m.truth
	case "EXISTS":
		return present
	case "!=":
		return !model{op: "=", field: m.field, values: m.values}.holds(doc)
	case "IN":
		return slices.ContainsFunc(m.values, func(v any) bool { c, ok := order(x, v); return ok && c == 0 })
	case "CONTAINS":
		if n := number(m.values[0]); n != nil {
			list, _ := x.([]float64)
			return slices.ContainsFunc(list, func(f float64) bool { return number(f).Cmp(n) == 0 })
		}
		list, _ := x.([]string)
		return slices.ContainsFunc(list, func(s string) bool { return norm.NFC.String(s) == norm.NFC.String(m.values[0].(string)) })
	case "STARTS WITH", "LIKE", "ILIKE":
		if t, ok := x.(time.Time); ok {
			x = t.UTC().Format(time.RFC3339Nano)
		}
		s, ok := x.(string)
		if p := norm.NFC.String(m.values[0].(string)); m.op == "STARTS WITH" {
			return ok && strings.HasPrefix(norm.NFC.String(s), p)
		}
		return ok && likeExp(m.values[0].(string), m.op == "ILIKE").MatchString(norm.NFC.String(s))
	}
	c, ok := order(x, m.values[0])
	return ok && map[string]bool{"=": c == 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[m.op]
}

// likeExp is a pattern of LIKE as a regular expression.
func likeExp(pattern string, folds bool) *regexp.Regexp {
	b := "(?s"
	if folds {
		b += "i"
	}
	b += ")^"
	escaped := false
	for _, r := range norm.NFC.String(pattern) {
		switch {
		case r == '\\' && !escaped:
			escaped = true
			continue
		case r == '%' && !escaped:
			b += ".*"
		case r == '_' && !escaped:
			b += "."
		default:
			b += regexp.QuoteMeta(string(r))
		}
		escaped = false
	}
	return regexp.MustCompile(b + "$")
}

// order compares by the rules: numbers as big rationals, times as instants.
func order(x, y any) (int, bool) {
	if a, b := number(x), number(y); a != nil && b != nil {
		return a.Cmp(b), true
	}
	if a, ok := x.(bool); ok {
		b, ok := y.(bool)
		if a == b {
			return 0, ok
		}
		return 1, ok
	}
	a, aTime := instant(x)
	b, bTime := instant(y)
	if aTime || bTime {
		return a.Compare(b), aTime && bTime
	}
	s, ok1 := x.(string)
	t, ok2 := y.(string)
	return cmp.Compare(norm.NFC.String(s), norm.NFC.String(t)), ok1 && ok2
}

func number(x any) *big.Rat {
	switch x := x.(type) {
	case int64:
		return new(big.Rat).SetInt64(x)
	case float64:
		return new(big.Rat).SetFloat64(x)
	}
	return nil
}

func instant(x any) (time.Time, bool) {
	switch x := x.(type) {
	case time.Time:
		return x, true
	case string:
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if t, err := time.Parse(layout, x); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// pool is small, so that values meet, and full of edges.
var pool = []any{
	"", "a", "b", "Ab", "\x00", "\x00\x01", "\x00\xc3\xbf", "한", "\u1112\u1161\u11ab글", "2024-05-01", "2024-05-01T00:00:00Z",
	"2024-05-01T09:00:00+09:00", "2024-05-01T00:00:00.5Z", "1969-12-31T23:59:59.9Z", "2024-13-01", "9999-12-31", "0000-01-01",
	int64(0), int64(1), int64(-1), int64(2), int64(1 << 53), int64(1<<53 + 1), int64(-1<<53 - 1), int64(1<<62 + 3),
	int64(math.MaxInt64), int64(math.MaxInt64 - 1), int64(math.MinInt64), int64(math.MinInt64 + 1),
	0.0, math.Copysign(0, -1), 1.0, 0.5, -0.5, 1.5, -1.5, float64(1 << 53), float64(1 << 63), -float64(1 << 63), 1e300, -1e300,
	math.Nextafter(1<<63, 0), math.Nextafter(-1<<63, math.Inf(-1)), math.SmallestNonzeroFloat64, math.MaxFloat64, 4503599627370497.5,
	true, false,
	time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 5, 1, 0, 0, 0, 1, time.FixedZone("", -3600)),
}

var fields = []string{"a", "a.b", "한글", "odd name", "and", "tags"}

func pick[T any](r *rand.Rand, s []T) T { return s[r.IntN(len(s))] }

func randomModel(r *rand.Rand, depth int) model {
	if depth > 0 && r.IntN(2) == 0 {
		m := model{op: pick(r, []string{"and", "or", "not"})}
		for range max(1, r.IntN(4)) {
			m.parts = append(m.parts, randomModel(r, depth-1))
		}
		return m
	}
	if r.IntN(12) == 0 {
		return model{op: "const", truth: r.IntN(2) == 0}
	}
	m := model{op: pick(r, []string{"=", "!=", "<", "<=", ">", ">=", "IN", "CONTAINS", "EXISTS", "STARTS WITH", "LIKE", "ILIKE"}), field: pick(r, fields)}
	switch m.op {
	case "IN":
		for range r.IntN(14) {
			m.values = append(m.values, pick(r, pool))
		}
	case "CONTAINS":
		m.values = []any{pick(r, append(pool[:17:17], int64(1), 0.5))}
	case "STARTS WITH":
		m.values = []any{pick(r, pool[:17])}
	case "LIKE", "ILIKE":
		m.values = []any{""}
		for range r.IntN(5) {
			m.values[0] = m.values[0].(string) + pick(r, []string{"%", "_", "a", "B", "한", "\u1112\u1161\u11ab", "-0", `\%`, `\\`, "2024"})
		}
	case "<", "<=", ">", ">=":
		v := pick(r, pool)
		if _, ok := v.(bool); ok {
			v = "a"
		}
		m.values = []any{v}
	case "=", "!=":
		m.values = []any{pick(r, pool)}
	}
	return m
}

func randomDoc(r *rand.Rand) map[string]any {
	doc := map[string]any{}
	for _, f := range fields {
		switch r.IntN(4) {
		case 0: // missing
		case 1:
			list := []string{}
			for range r.IntN(3) {
				list = append(list, pick(r, pool[:17]).(string))
			}
			doc[f] = list
			if r.IntN(4) == 0 {
				doc[f] = []float64{float64(r.IntN(3)), 0.5}
			}
		default:
			doc[f] = pick(r, pool)
		}
	}
	return doc
}

// TestAgainstModel compares Match with the model, directly and after a trip
// through text and JSON.
func TestAgainstModel(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if s := seedFromEnv(t); s != 0 {
		seed = s
	}
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d: replay with FILTER_SEED=%d go test -run %s ./db/filter", seed, seed, t.Name())

	matched, total := 0, 0
	for range 3_000 {
		m := randomModel(r, 4)
		e := m.expr()
		text, err := filter.Parse(e.String())
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var fromJSON filter.Expr
		if err := json.Unmarshal(data, &fromJSON); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !same(e, text) || !same(e, fromJSON) {
			t.Fatalf("%s became %s as text and %s as JSON", e, text, fromJSON)
		}
		for range 20 {
			doc := randomDoc(r)
			want := m.holds(doc)
			if got := e.MatchMap(doc); got != want {
				t.Fatalf("%s\non %#v: got %v, want %v", e, doc, got, want)
			}
			total++
			if want {
				matched++
			}
		}
	}
	if matched < total/5 || matched > total*4/5 {
		t.Errorf("%d of %d matched: the test says too little", matched, total)
	}
}

// TestKeysOrderAsValues compares the bytes of keys with Compare, on every pair
// of the pool and on random numbers near each other.
func TestKeysOrderAsValues(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	values := slices.Clone(pool)
	for range 60 {
		i := int64(r.Uint64()) >> r.IntN(63)
		values = append(values, i, i+1, float64(i), math.Nextafter(float64(i), math.Inf(1)), float64(i)+0.5)
	}
	for _, x := range values {
		v, err := filter.ValueOf(x)
		if err != nil {
			t.Fatal(err)
		}
		vKey := v.AppendKey(nil)
		for _, y := range values {
			w, err := filter.ValueOf(y)
			if err != nil {
				t.Fatal(err)
			}
			wKey := w.AppendKey([]byte("x"))[1:]
			c, ok := v.Compare(w)
			if want, wantOK := order(x, y); ok != wantOK || ok && v.Type() != filter.TypeBool && c != want {
				t.Fatalf("Compare(%v, %v): got %d %v, want %d %v", x, y, c, ok, want, wantOK)
			}
			switch got := bytes.Compare(vKey, wKey); {
			case ok && got != c:
				t.Fatalf("keys of %T %v and %T %v order %d, values %d\n%x\n%x", x, x, y, y, got, c, vKey, wKey)
			case !ok && got != cmp.Compare(v.Type(), w.Type()):
				t.Fatalf("keys of %v and %v order %d across types", x, y, got)
			case got != 0 && bytes.HasPrefix(wKey, vKey):
				t.Fatalf("the key of %v is a prefix of the key of %v", x, y)
			}
		}
	}
}
