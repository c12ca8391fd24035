package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/fronyai/frony-db/db/filter"
)

func TestParseFilter(t *testing.T) {
	type lang string
	for _, c := range []struct {
		given any
		want  string
	}{
		{nil, "TRUE"},
		{"", "TRUE"},
		{`lang = "ko"`, `lang = "ko"`},
		{filter.Eq("a", 1), "a = 1"},
		{map[string]any{}, "TRUE"},
		{map[string]any{"lang": "ko", "year": 2024}, `lang = "ko" AND year = 2024`},
		{map[string]string{"lang": "ko"}, `lang = "ko"`},
		{map[string]any{"year": map[string]any{"$gte": 2020, "$lt": 2024.5}}, "year >= 2020 AND year < 2024.5"},
		{map[string]any{"lang": map[string]any{"$in": []string{"ko", "en"}}}, `lang IN ("ko", "en")`},
		{map[string]any{"n": map[string]any{"$nin": []any{1, 2}}}, "n NOT IN (1, 2)"},
		{map[string]any{"n": map[string]any{"$between": []int{1, 2}}}, "n >= 1 AND n <= 2"},
		{map[string]any{"tags": map[string]any{"$contains": "a"}}, `tags CONTAINS "a"`},
		{map[string]any{"tags": map[string]any{"$not_contains": "a"}}, `tags NOT CONTAINS "a"`},
		{map[string]any{"name": map[string]any{"$like": "김%"}}, `name LIKE "김%"`},
		{map[string]any{"name": map[string]any{"$ilike": "k%"}}, `name ILIKE "k%"`},
		{map[string]any{"a": map[string]any{"$exists": true}}, "EXISTS a"},
		{map[string]any{"a": map[string]any{"$exists": false}}, "NOT EXISTS a"},
		{map[string]any{"a": nil}, "NOT EXISTS a"},
		{map[string]any{"a": map[string]any{"$ne": nil}}, "EXISTS a"},
		{map[string]any{"a": map[string]any{"$not": map[string]any{"$gt": 1}}}, "NOT a > 1"},
		{map[string]any{"$or": []map[string]any{{"a": 1}, {"b": 2}}}, "a = 1 OR b = 2"},
		{map[string]any{"$and": []any{map[string]any{"a": 1}, `b = 2`, filter.Eq("c", 3)}}, "a = 1 AND b = 2 AND c = 3"},
		{map[string]any{"$not": map[string]any{"a": 1}, "b": true}, "NOT a = 1 AND b = TRUE"},
		{map[string]any{"field": "a", "op": ">", "value": 1}, "a > 1"},
		{map[string]any{"not": map[string]any{"field": "a", "op": "=", "value": 1}}, "NOT a = 1"},
		{json.RawMessage(`{"a": {"$gt": 9007199254740993}}`), "a > 9007199254740993"},
		{json.RawMessage(`"a = 1"`), "a = 1"},
	} {
		got, err := ParseFilter(c.given)
		if err != nil {
			t.Errorf("ParseFilter(%v): %v", c.given, err)
			continue
		}
		want, err := filter.Parse(c.want)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("ParseFilter(%v) = %s, want %s", c.given, got, want)
		}
	}
	for _, given := range []any{
		7,
		[]string{"a"},
		lang("a = 1"), "lang =", json.RawMessage(`{`), filter.Eq("", 1), math.NaN(),
		map[string]any{"$near": 1},
		map[string]any{"a": map[string]any{"$near": 1}},
		map[string]any{"a": []any{1}},
		map[string]any{"a": map[string]any{}},
		map[string]any{"a": map[string]any{"b": 1}},
		map[string]any{"$and": 1},
		map[string]any{"$or": []any{7}},
		map[string]any{"a": map[string]any{"$in": 1}},
		map[string]any{"a": map[string]any{"$like": 1}},
		map[string]any{"a": map[string]any{"$exists": 1}},
		map[string]any{"a": map[string]any{"$between": []int{1}}},
		map[string]any{"a": map[string]any{"$not": 1}},
		map[string]any{"a": map[string]any{"$gt": true}},
		map[string]any{"field": "a", "op": "near", "value": 1},
		map[int]any{1: 1},
	} {
		if got, err := ParseFilter(given); !errors.Is(err, ErrFilter) {
			t.Errorf("ParseFilter(%v) = %s, %v, want ErrFilter", given, got, err)
		}
	}
}

func TestMetadataComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "a.b", "a.b.c", "", "_frony_json", "_frony_x", "이름"}
	var value func(depth int) any
	value = func(depth int) any {
		switch n := r.IntN(10); {
		case n < 2:
			return fmt.Sprint("s", r.IntN(3))
		case n == 2:
			return int64(r.IntN(5))
		case n == 3:
			return r.Float64() + 0.001
		case n == 4:
			return r.IntN(2) == 0
		case n == 5 || depth > 3:
			return nil
		case n < 8:
			list := make([]any, r.IntN(4))
			for i := range list {
				list[i] = value(depth + 1)
			}
			return list
		}
		m := map[string]any{}
		for range r.IntN(4) {
			m[names[r.IntN(len(names))]] = value(depth + 1)
		}
		return m
	}
	for range 5000 {
		given := map[string]any{}
		for range r.IntN(6) {
			given[names[r.IntN(len(names))]] = value(0)
		}
		fields, err := pack(given)
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpack(fields)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, given) {
			t.Fatalf("%#v came back as %#v, stored as %#v", given, got, fields)
		}
	}
}

func TestMetadataInFields(t *testing.T) {
	type author struct {
		Name string `json:"name"`
	}
	fields, err := pack(map[string]any{
		"author": author{"김"}, "mixed": []any{1, "a", true}, "n": uint8(3), "f": float32(0.5), "list": []int{1, 2},
		"at": time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), "big": uint64(math.MaxUint64), "floats": []float64{1, 2.5},
	})
	if err != nil {
		t.Fatal(err)
	}
	delete(fields, rest)
	for name, want := range map[string]any{
		"author.name": "김", "mixed": []string{"1", "a", "true"}, "n": int64(3), "f": 0.5, "list": []any{int64(1), int64(2)},
		"at": "2024-05-01T00:00:00Z", "big": float64(math.MaxUint64), "floats": []any{1.0, 2.5},
	} {
		if !reflect.DeepEqual(fields[name], want) {
			t.Errorf("%s is %#v, want %#v", name, fields[name], want)
		}
		delete(fields, name)
	}
	if len(fields) > 0 {
		t.Errorf("there are also %v", fields)
	}
	for _, bad := range []any{make(chan int), math.NaN(), func() {}, map[int]any{1: make(chan int)}} {
		if fields, err := pack(map[string]any{"x": bad, "nested": []any{bad}}); err == nil {
			t.Errorf("%T was stored as %v", bad, fields)
		}
	}
}
