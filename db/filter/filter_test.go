package filter_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

var doc = map[string]any{
	"lang":      "ko",
	"year":      int64(2021),
	"price":     12.5,
	"whole":     3.0,
	"big":       int64(9007199254740993), // 2^53 + 1
	"published": true,
	"at":        time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC),
	"seen":      "2024-05-01T09:00:00+09:00",
	"day":       "2024-05-01",
	"tags":      []string{"한식", "2024-05-01"},
	"sizes":     []int64{1, 3},
	"weights":   []float64{0.5, 2},
	"none":      nil,
	"주제":        "요리",
	"a.b":       "dotted",
	"odd name":  "x",
	"in":        "keyword",
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expr string
		want bool
	}{
		{`lang = "ko" AND year >= 2020 AND NOT tag IN ("draft", "old")`, true},
		{`TRUE`, true},
		{`FALSE`, false},
		{`lang = 'ko'`, true},
		{`lang = "KO"`, false},
		{`lang != "ko"`, false},
		{`lang < "kp" and lang >= "ko" AND lang > "k"`, true},
		{`year = 2021.0`, true},
		{`year > 2020.5 AND year < 2021.5`, true},
		{`year = +2021 AND year > -1`, true},
		{`price = 1.25e1`, true},
		{`whole = 3`, true},

		// rule 1: other kinds
		{`lang = 1`, false},
		{`year = "2021"`, false},
		{`year != "2021"`, true},
		{`year < "zzz" OR year >= "zzz"`, false},
		{`tags = "한식"`, false},
		{`published = TRUE AND NOT published = FALSE`, true},
		{`published = 1`, false},

		// rules 2 to 4: missing fields
		{`missing = 1`, false},
		{`missing < 1 OR missing >= 1`, false},
		{`missing != 1`, true},
		{`NOT missing = 1`, true},
		{`NOT missing > 1`, true},
		{`EXISTS missing AND missing != 1`, false},
		{`EXISTS lang`, true},
		{`EXISTS (lang)`, true},
		{`EXISTS none`, false},
		{`NOT EXISTS none`, true},
		{`missing IN ("a")`, false},
		{`missing NOT IN ("a")`, true},
		{`missing CONTAINS "a"`, false},
		{`missing NOT CONTAINS "a"`, true},

		// rule 5: exact integers
		{`big = 9007199254740993`, true},
		{`big = 9007199254740992`, false},
		{`big > 9007199254740992`, true},
		{`big = 9007199254740992.0`, false},
		{`big < 9223372036854775807`, true},
		{`big < 9223372036854775808`, true},
		{`big > -1e300 AND big < 1e300`, true},

		// rule 6: times
		{`at = "2024-05-01T00:00:00Z"`, true},
		{`at = "2024-05-01T09:00:00+09:00"`, true},
		{`at = "2024-05-01"`, true},
		{`at > "2024-04-30T23:59:59.999999999Z"`, true},
		{`seen = "2024-05-01T00:00:00Z"`, true},
		{`seen = "2024-05-01"`, true},
		{`seen >= "2024-05-01" AND seen < "2024-05-02"`, true},
		{`at = "yesterday"`, false},
		{`at < "yesterday" OR at >= "yesterday"`, false},
		{`lang < "2024-05-01"`, false},
		{`day IN ("2024-05-01T00:00:00Z")`, true},

		// texts
		{`lang STARTS WITH "k" AND lang starts with "ko" AND lang STARTS WITH ""`, true},
		{`lang STARTS WITH "kor" OR lang STARTS WITH "K"`, false},
		{`day STARTS WITH "2024-05" AND seen LIKE "%+09:00"`, true},
		{`year STARTS WITH "2" OR year LIKE "%" OR tags LIKE "%"`, false},
		{`missing LIKE "%" OR missing STARTS WITH ""`, false},
		{`missing NOT LIKE "%" AND year NOT STARTS WITH "2" AND lang NOT ILIKE "K_X"`, true},
		{`lang LIKE "ko" AND lang LIKE "k_" AND lang LIKE "__" AND lang LIKE "%" AND lang LIKE "%o%" AND lang LIKE "k%o"`, true},
		{`lang LIKE "k" OR lang LIKE "_" OR lang LIKE "KO" OR lang LIKE "___" OR lang LIKE "ko_%"`, false},
		{`lang ILIKE "KO" AND lang ILIKE "%O" AND lang ILIKE "K_"`, true},
		{`주제 LIKE "_리" AND 주제 LIKE "요%" AND 주제 LIKE "%리%"`, true},

		// rule 9, lists
		{`sizes CONTAINS 3 AND sizes CONTAINS 3.0 AND weights CONTAINS 0.5 AND weights CONTAINS 2`, true},
		{`sizes CONTAINS "3" OR sizes CONTAINS 4 OR tags CONTAINS 2024 OR year CONTAINS 2021`, false},
		{`tags CONTAINS "한식"`, true},
		{`tags CONTAINS "한"`, false},
		{`tags CONTAINS "2024-05-01"`, true},
		{`tags CONTAINS "2024-05-01T00:00:00Z"`, false},
		{`lang CONTAINS "ko"`, false},
		{`tags NOT CONTAINS "중식"`, true},

		{`lang IN ()`, false},
		{`lang IN ("en", "ko")`, true},
		{`year IN (1, 2, 3, 4, 5, 6, 7, 8, 9, "x", TRUE, 2021)`, true},
		{`year IN (1, 2, 3, 4, 5, 6, 7, 8, 9, "x", TRUE, 2022)`, false},

		// names and strings
		{`주제 = "요리"`, true},
		{`a.b = "dotted"`, true},
		{"`odd name` = \"x\"", true},
		{"`in` = 'keyword'", true},
		{`lang = "\u006b\u006F"`, true},
		{`lang != "\ud83d\ude00" AND lang != 'it''s' AND lang != "a\"b\\c\/"`, true},

		// precedence
		{`TRUE OR FALSE AND FALSE`, true},
		{`(TRUE OR FALSE) AND FALSE`, false},
		{`lang = "ko" OR lang = "en" AND year = 1`, true},
		{`(lang = "ko" OR lang = "en") AND year = 1`, false},
		{`NOT lang = "en" AND NOT NOT lang = "ko"`, true},
		{`NOT (lang = "ko" AND year = 2021)`, false},
	} {
		e, err := filter.Parse(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if got := e.MatchMap(doc); got != c.want {
			t.Errorf("%s: got %v", c.expr, got)
		}
		if got := filter.Not(e).MatchMap(doc); got == c.want {
			t.Errorf("NOT (%s): got %v", c.expr, got)
		}
	}
}

type myString string

func TestConstructors(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 1, 9, 0, 0, 1, time.FixedZone("KST", 9*3600))
	for _, c := range []struct {
		expr filter.Expr
		want string
	}{
		{filter.Expr{}, `TRUE`},
		{filter.All(), `TRUE`},
		{filter.None(), `FALSE`},
		{filter.And(), `TRUE`},
		{filter.Or(), `FALSE`},
		{filter.Not(filter.Expr{}), `FALSE`},
		{filter.And(filter.Expr{}, filter.Eq("a", 1)), `a = 1`},
		{filter.And(filter.None(), filter.Eq("a", 1)), `FALSE`},
		{filter.Or(filter.All(), filter.Eq("a", 1)), `TRUE`},
		{filter.Or(filter.None(), filter.Eq("a", 1)), `a = 1`},
		{filter.Not(filter.Not(filter.Eq("a", 1))), `a = 1`},
		{
			filter.And(filter.And(filter.Eq("a", 1), filter.Eq("b", 2)), filter.Or(filter.Eq("c", 3), filter.And(filter.Eq("d", 4), filter.Eq("e", 5)))),
			`a = 1 AND b = 2 AND (c = 3 OR (d = 4 AND e = 5))`,
		},
		{filter.Not(filter.Or(filter.Eq("a", 1), filter.Ne("b", 2))), `NOT (a = 1 OR b != 2)`},
		{filter.Lt("a", 1.5), `a < 1.5`},
		{filter.Le("a", float32(0.5)), `a <= 0.5`},
		{filter.Gt("a", uint8(7)), `a > 7`},
		{filter.Ge("a", 1e300), `a >= 1e+300`},
		{filter.Eq("a", uint64(math.MaxUint64)), `a = 1.8446744073709552e+19`},
		{filter.Eq("a", math.Copysign(0, -1)), `a = 0`},
		{filter.Eq("a", int64(math.MinInt64)), `a = -9223372036854775808`},
		{filter.Eq("a", json.Number("12")), `a = 12`},
		{filter.Eq("a", true), `a = TRUE`},
		{filter.Eq("a", myString("x")), `a = "x"`},
		{filter.Eq("a", at), `a = "2024-05-01T00:00:00.000000001Z"`},
		{filter.In("a"), `a IN ()`},
		{filter.In("a", "x", 2, true), `a IN ("x", 2, TRUE)`},
		{filter.Contains("tags", "김치"), `tags CONTAINS "김치"`},
		{filter.Exists("odd name"), "EXISTS `odd name`"},
		{filter.Eq("not", "x"), "`not` = \"x\""},
		{filter.Eq("a`b", "x"), "`a``b` = \"x\""},
		{filter.Eq("a", "tab\t\"q\" \\ \u202e\x00\U000e0001"), `a = "tab\t\"q\" \\ \u202e\u0000\udb40\udc01"`},
	} {
		if got := c.expr.String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if err := c.expr.Validate(filter.Limits{}); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
		checkRoundTrips(t, c.expr)
	}
}

func TestInvalidValues(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]filter.Expr{
		"nil":            filter.Eq("a", nil),
		"NaN":            filter.Eq("a", math.NaN()),
		"infinity":       filter.Lt("a", math.Inf(1)),
		"slice":          filter.Eq("a", []string{"x"}),
		"slice in IN":    filter.In("a", "x", []string{"y"}),
		"struct":         filter.Eq("a", struct{}{}),
		"invalid string": filter.Eq("a", "\xff"),
		"invalid field":  filter.Eq("\xff", 1),
		"empty field":    filter.Exists(""),
		"bool order":     filter.Ge("a", true),
		"bool in list":   filter.Contains("a", true),
		"year 10000":     filter.Eq("a", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)),
		"json.Number":    filter.Eq("a", json.Number("x")),
		"zero Value":     filter.Eq("a", filter.Value{}),
		"open escape":    filter.Like("a", `x\`),
		"unknown escape": filter.ILike("a", `\n`),
		"prefix":         filter.StartsWith("a", "\xff"),
	} {
		for _, e := range []filter.Expr{
			e, filter.Not(e), filter.And(e, filter.None()), filter.Or(filter.All(), e),
			filter.Not(filter.And(filter.Eq("b", 1), e)),
		} {
			if err := e.Validate(filter.Limits{}); !errors.Is(err, filter.ErrValue) {
				t.Errorf("%s: %s: error %v", name, e, err)
			}
			if e.MatchMap(map[string]any{"a": 1}) {
				t.Errorf("%s: %s matches", name, e)
			}
			if _, err := json.Marshal(e); err == nil {
				t.Errorf("%s: %s has JSON", name, e)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	e := filter.Eq("a", 1)
	for range 20 {
		e = filter.Not(filter.And(filter.Eq("b", 2), e))
	}
	for _, c := range []struct {
		limits filter.Limits
		expr   filter.Expr
	}{
		{filter.Limits{}, e},
		{filter.Limits{MaxDepth: 50, MaxConditions: 20}, e},
		{filter.Limits{MaxValues: 2}, filter.In("a", 1, 2, 3)},
		{filter.Limits{MaxDepth: -1}, filter.Eq("a", 1)},
	} {
		if err := c.expr.Validate(c.limits); !errors.Is(err, filter.ErrLimit) {
			t.Errorf("%+v: Validate: %v", c.limits, err)
		}
		if _, err := c.limits.Parse(c.expr.String()); !errors.Is(err, filter.ErrLimit) {
			t.Errorf("%+v: Parse: %v", c.limits, err)
		}
		data, err := json.Marshal(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.limits.ParseJSON(data); !errors.Is(err, filter.ErrLimit) {
			t.Errorf("%+v: ParseJSON: %v", c.limits, err)
		}
	}
	wider := filter.Limits{MaxDepth: 50}
	if _, err := wider.Parse(e.String()); err != nil {
		t.Error(err)
	}

	for name, s := range map[string]string{
		"parentheses": strings.Repeat("(", 100_000),
		"not":         strings.Repeat("NOT ", 50_000) + "a = 1",
		"conditions":  "a = 1" + strings.Repeat(" OR a = 1", 20_000),
		"values":      "a IN (1" + strings.Repeat(",1", 100_000) + ")",
		"length":      "a = \"" + strings.Repeat("x", 4<<20) + "\"",
	} {
		if _, err := filter.Parse(s); !errors.Is(err, filter.ErrLimit) {
			t.Errorf("%s: %.80v", name, err)
		}
	}
	deep := strings.Repeat(`{"not":`, 20_000) + "true" + strings.Repeat("}", 20_000)
	if _, err := (filter.Limits{}).ParseJSON([]byte(deep)); err == nil {
		t.Error("deep JSON accepted")
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	e := filter.And(filter.Eq("b", 1), filter.Or(filter.Eq("a", 1), filter.Not(filter.Exists("b"))))
	if got := strings.Join(e.Fields(), " "); got != "a b" {
		t.Errorf("got %q", got)
	}
	if got := filter.All().Fields(); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	e := filter.And(filter.Eq("a", 1), filter.Not(filter.In("b", "x", "y")))
	if e.Kind() != filter.KindAnd || len(e.Args()) != 2 {
		t.Fatalf("got %v %v", e.Kind(), e.Args())
	}
	e.Args()[0] = filter.None() // a copy
	c := e.Args()[0].Condition()
	if c.Field != "a" || c.Op != filter.OpEq || len(c.Values) != 1 || c.Values[0].Any() != int64(1) {
		t.Errorf("got %+v", c)
	}
	not := e.Args()[1]
	if not.Kind() != filter.KindNot || not.Args()[0].Kind() != filter.KindCondition || len(not.Args()[0].Condition().Values) != 2 {
		t.Errorf("got %v", not)
	}
	if not.Condition().Op != 0 || filter.All().Condition().Op != 0 || filter.All().Args() != nil {
		t.Error("a condition where there is none")
	}
}

func checkRoundTrips(t *testing.T, e filter.Expr) {
	t.Helper()
	back, err := filter.Parse(e.String())
	if err != nil {
		t.Errorf("%s: %v", e, err)
	} else if back.String() != e.String() || !same(e, back) {
		t.Errorf("text: %s became %s", e, back)
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	var fromJSON filter.Expr
	if err := json.Unmarshal(data, &fromJSON); err != nil {
		t.Errorf("%s: %v", data, err)
	} else if !same(e, fromJSON) {
		t.Errorf("JSON: %s became %s", e, fromJSON)
	}
}

// same compares structure.
func same(a, b filter.Expr) bool {
	ca, cb := a.Condition(), b.Condition()
	if a.Kind() != b.Kind() || ca.Field != cb.Field || ca.Op != cb.Op || len(ca.Values) != len(cb.Values) || len(a.Args()) != len(b.Args()) {
		return false
	}
	for i := range ca.Values {
		if ca.Values[i] != cb.Values[i] {
			return false
		}
	}
	for i, x := range a.Args() {
		if !same(x, b.Args()[i]) {
			return false
		}
	}
	return true
}
