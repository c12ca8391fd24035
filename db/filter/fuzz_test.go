package filter_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/filter"
)

func seedFromEnv(t *testing.T) uint64 {
	s := os.Getenv("FILTER_SEED")
	if s == "" {
		return 0
	}
	seed, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("FILTER_SEED: %v", err)
	}
	return seed
}

// FuzzParse holds that no text makes the parser panic, that an error points into
// the text, and that what parses prints and parses as itself.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`lang = "ko" AND year >= 2020 AND NOT tag IN ("draft", "old")`,
		"`a``b` CONTAINS 'it''s' OR EXISTS (한글.x-y) AND (TRUE OR NOT FALSE)",
		`a NOT IN (1, -2.5e10, TRUE) and b not contains "\u00e9\ud83d\ude00"`,
		`a STARTS WITH "x" AND b NOT LIKE "%\\\\_" OR c ILIKE "ㄱ_"`, `a = 1 OR b = 2 OR a IN (3) OR a = 1`,
		`a = "2024-05-01T09:00:00+09:00"`, `a == 1`, `a = “x”`, `((a = 1)`, "a = \"\xff", `a = 1e999`, `a >= true`, "`",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := filter.Parse(s)
		if err != nil {
			pe, ok := errors.AsType[*filter.ParseError](err)
			if !ok || pe.Column < 1 || pe.Column > utf8.RuneCountInString(s)+1 || pe.Message == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			_ = pe.Caret()
			return
		}
		if err := e.Validate(filter.Limits{}); err != nil {
			t.Fatalf("%q parsed, but: %v", s, err)
		}
		checkRoundTrips(t, e)
		e.MatchMap(doc)
	})
}

// FuzzJSON holds the same for JSON.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"and":[{"field":"lang","op":"=","value":"ko"},{"not":{"field":"y","op":"IN","value":[1,2.5,"x",true]}}]}`,
		`{"or":[true,{"field":"y","op":"EXISTS"}]}`, `false`, `"a = 1"`, `null`, `{"field":"a","op":"<","value":1e999}`,
		`{"field":"","op":"=","value":null}`, `[]`, `{"and":{}}`, `{"field":1}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var e filter.Expr
		if err := json.Unmarshal(data, &e); err != nil {
			return
		}
		if err := e.Validate(filter.Limits{}); err != nil {
			t.Fatalf("%q parsed, but: %v", data, err)
		}
		checkRoundTrips(t, e)
		e.MatchMap(doc)
	})
}
