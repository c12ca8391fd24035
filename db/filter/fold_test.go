package filter_test

import (
	"fmt"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`a = 1 OR a = 2`:                             `a IN (1, 2)`,
		`a = 1 OR b = 2 OR a IN (3, 4) OR a > 5`:     `a IN (1, 3, 4) OR b = 2 OR a > 5`,
		`a = 1 OR a != 2`:                            `a = 1 OR a != 2`,
		`a = 1 AND a = 2`:                            `a = 1 AND a = 2`,
		`a != 1 AND a != "x" AND b = 1`:              `NOT a IN (1, "x") AND b = 1`,
		`a NOT IN (1) AND NOT a = 2 AND NOT (a > 3)`: `NOT a IN (1, 2) AND NOT a > 3`,
		`NOT (a = 1 OR a = 2)`:                       `NOT a IN (1, 2)`,
		`(a = 1 OR a = 2) AND (a = 3 OR a = 4)`:      `a IN (1, 2) AND a IN (3, 4)`,
		`a = 1 OR (b = 1 AND c = 1) OR a = 1`:        `a IN (1, 1) OR (b = 1 AND c = 1)`,
	} {
		e, err := filter.Parse(in)
		if err != nil || e.String() != want {
			t.Errorf("%s: got %s, %v, want %s", in, e, err, want)
		}
	}
	var e filter.Expr
	many := make([]filter.Expr, 12_000)
	for i := range many {
		many[i] = filter.Eq("a", i)
	}
	if e = filter.Or(many...); e.Kind() != filter.KindOr {
		t.Error("a condition that could not be parsed again")
	}
	if e = filter.Or(many[:10_000]...); e.Kind() != filter.KindCondition || e.Validate(filter.Limits{}) != nil {
		t.Errorf("%v, %v", e.Kind(), e.Validate(filter.Limits{}))
	}
	if invalid := filter.Or(filter.Eq("a", nil), filter.Eq("a", 1), filter.Eq("a", 2)); invalid.Validate(filter.Limits{}) == nil {
		t.Error("an invalid part has disappeared")
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", `100%`, `my_file.md`, `a\b\\`, `\%_`, "한_글%"} {
		e := filter.Like("a", "%"+filter.Escape(s)+"%")
		for doc, want := range map[string]bool{s: true, "x" + s + "y": true, "other": s == ""} {
			if got := e.MatchMap(map[string]any{"a": doc}); got != want {
				t.Errorf("%q in %q: %v", s, doc, got)
			}
		}
		checkRoundTrips(t, e)
	}
}

// TestCase compares ILIKE with what strings.EqualFold says of single characters.
func TestCase(t *testing.T) {
	t.Parallel()
	for _, class := range []string{"aA", "kK\u212a", "sSſ", "σΣς", "ßẞ", "éÉ", "ıi", "가나", "１１"} {
		runes := []rune(class)
		for _, a := range runes {
			for _, b := range runes {
				want := a == b || class != "ıi" && class != "가나"
				if got := filter.ILike("a", string(a)).MatchMap(map[string]any{"a": string(b)}); got != want {
					t.Errorf("%c ILIKE %c: %v", b, a, got)
				}
			}
		}
	}
}

func ExampleLike() {
	e := filter.Like("path", "docs/"+filter.Escape("2024_plan")+"%")
	fmt.Println(e.MatchMap(map[string]any{"path": "docs/2024_plan.md"}), e)
	// Output: true path LIKE "docs/2024\\_plan%"
}
