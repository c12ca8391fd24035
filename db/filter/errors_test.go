package filter_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
)

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		column int
		hint   string // part of it
	}{
		{``, 1, "TRUE"},
		{"  \n", 1, "TRUE"},
		{`lang == "ko"`, 6, "did you mean =?"},
		{`주제 == "요리"`, 4, "did you mean =?"},
		{`year <> 3`, 6, "did you mean !=?"},
		{`year => 3`, 6, "did you mean >=?"},
		{`lang = ko`, 8, `strings are quoted: "ko"`},
		{`"lang" = "ko"`, 1, "not quoted: lang"},
		{`2020 < year`, 1, "the field comes first"},
		{`lang = "ko`, 8, `end it with "`},
		{"`lang = 1", 1, "backquote"},
		{"`` = 1", 1, ""},
		{`lang = “ko”`, 8, "straight quotes"},
		{`lang ＝ "ko"`, 6, "did you mean =?"},
		{`year ≥ 3`, 6, "did you mean >=?"},
		{`a = 1 && b = 2`, 7, "did you mean AND?"},
		{`a = 1 || b = 2`, 7, "did you mean OR?"},
		{`a = 1, b = 2`, 6, "did you mean AND?"},
		{`a = 1 plus b = 2`, 7, "AND and OR"},
		{`!(a = 1)`, 1, "did you mean NOT?"},
		{`a = null`, 5, "NOT EXISTS"},
		{`a IS NULL`, 3, "did you mean =?"},
		{`a GLOB "x*"`, 3, `a LIKE "%text%"`},
		{`a STARTS "x"`, 10, "STARTS WITH"},
		{`a STARTSWITH "x"`, 3, "STARTS WITH"},
		{`a ENDS WITH "x"`, 3, `LIKE "%text"`},
		{`a BETWEEN 1 AND 2`, 3, "a >= low AND a <= high"},
		{`published`, 10, "published = TRUE"},
		{`NOT published AND a = 1`, 15, "published = TRUE"},
		{`(a = 1`, 1, "end it with )"},
		{`(a = 1 b`, 8, "AND and OR"},
		{`a = 1)`, 6, "no opening"},
		{`a IN "x"`, 6, "parentheses"},
		{`a IN (1,)`, 9, "comma"},
		{`a IN (1 2)`, 9, ""},
		{`a NOT = 1`, 7, "NOT stands before"},
		{`and = 1`, 1, "backquotes: `and`"},
		{`a = 10k`, 5, "quotes"},
		{`a = 1_000`, 5, "quotes"},
		{`a = .5`, 5, "0.5"},
		{`a = 1.`, 5, "quotes"},
		{`a = "\q"`, 6, `\\`},
		{`a = "\ud83d"`, 6, `\\`},
		{`a = 1; b = 2`, 6, "one expression"},
		{`EXISTS`, 7, ""},
		{`EXISTS (a`, 10, ""},
		{`a =`, 4, ""},
		{`a = 1 AND`, 10, ""},
		{"a = \"\xff\"", 6, ""},
		{"a = 1 AND \xff", 11, ""},
	} {
		_, err := filter.Parse(c.in)
		pe, ok := errors.AsType[*filter.ParseError](err)
		switch {
		case !ok || !errors.Is(err, filter.ErrSyntax):
			t.Errorf("%s: got %v", c.in, err)
		case pe.Column != c.column || !strings.Contains(pe.Hint, c.hint):
			t.Errorf("%s: got %v\n%s", c.in, err, pe.Caret())
		case strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: more than one line: %q", c.in, err)
		}
	}
	for in, column := range map[string]int{`a >= TRUE`: 6, `tags CONTAINS TRUE`: 15, `a LIKE 3`: 8, `a STARTS WITH 3`: 15, `a LIKE "x\\"`: 8, `a = 1e999`: 5} {
		_, err := filter.Parse(in)
		if pe, ok := errors.AsType[*filter.ParseError](err); !ok || !errors.Is(err, filter.ErrValue) || pe.Column != column {
			t.Errorf("%s: got %v", in, err)
		}
	}
}

func TestCaret(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a = 1 AND ", 20)
	for in, want := range map[string]string{
		`lang == "ko"`:         "lang == \"ko\"\n     ^",
		`주제 == "요리"`:           "주제 == \"요리\"\n     ^",
		"a\t= 1\nx":            "a = 1 x\n      ^",
		`a = `:                 "a = \n    ^",
		long + "b ==1 AND c=2": "…AND a = 1 AND a = 1 AND a = 1 AND b ==1 AND c=2\n                                     ^",
	} {
		_, err := filter.Parse(in)
		pe, ok := errors.AsType[*filter.ParseError](err)
		if !ok {
			t.Fatalf("%s: %v", in, err)
		}
		if got := pe.Caret(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	const want = `{"and":[{"field":"lang","op":"=","value":"ko"},` +
		`{"or":[{"field":"n","op":"\u003e=","value":9007199254740993},{"field":"ok","op":"=","value":false}]},` +
		`{"not":{"field":"tag","op":"IN","value":["a",1.5]}},{"field":"at","op":"EXISTS"},{"field":"x","op":"IN","value":[]}]}`
	e := filter.And(
		filter.Eq("lang", "ko"),
		filter.Or(filter.Ge("n", int64(9007199254740993)), filter.Eq("ok", false)),
		filter.Not(filter.In("tag", "a", 1.5)), filter.Exists("at"), filter.In("x"),
	)
	data, err := json.Marshal(e)
	if err != nil || string(data) != want {
		t.Errorf("got %s, %v", data, err)
	}
	checkRoundTrips(t, e)

	var query struct{ Filter filter.Expr }
	if err := json.Unmarshal([]byte(`{"filter": "lang = \"ko\""}`), &query); err != nil || query.Filter.String() != `lang = "ko"` {
		t.Errorf("got %v, %v", query.Filter, err)
	}

	for in, place := range map[string]string{
		`{"and":[true,{"field":"a","op":"==","value":1}]}`: "filter.and[1].op",
		`{"not":{"field":"a","op":"="}}`:                   "filter.not.value",
		`{"field":"a","op":"in","value":"x"}`:              "filter.value: IN takes a list",
		`{"field":"a","op":"exists","value":true}`:         "filter.value",
		`{"field":"a","op":"=","value":[1]}`:               "filter: ",
		`{"field":"a","op":"=","value":null}`:              "filter: ",
		`{"field":"a","op":"=","value":1,"boost":2}`:       "filter.boost",
		`{"field":1,"op":"=","value":1}`:                   "filter.field",
		`{"nor":[]}`:                                       "filter.nor",
		`{"and":{}}`:                                       "filter.and",
		`{"and":[],"or":[]}`:                               "filter: want",
		`[]`:                                               "filter: want",
		`{"and":["a == 1"]}`:                               "filter.and[0]: filter: column 3",
		`true false`:                                       "follows",
		`{`:                                                "EOF",
	} {
		_, err := filter.Limits{}.ParseJSON([]byte(in))
		if !errors.Is(err, filter.ErrSyntax) && !errors.Is(err, filter.ErrValue) || !strings.Contains(err.Error(), place) {
			t.Errorf("%s: got %v", in, err)
		}
	}
}
