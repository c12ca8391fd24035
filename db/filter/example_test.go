package filter_test

import (
	"errors"
	"fmt"

	"github.com/fronyai/frony-db/db/filter"
)

func Example() {
	e := filter.And(filter.Eq("lang", "ko"), filter.Ge("year", 2020), filter.Not(filter.In("status", "draft", "old")))
	fmt.Println(e)
	fmt.Println(e.MatchMap(map[string]any{"lang": "ko", "year": 2024}))
	fmt.Println(e.MatchMap(map[string]any{"lang": "ko", "year": 2024, "status": "draft"}))
	// Output:
	// lang = "ko" AND year >= 2020 AND NOT status IN ("draft", "old")
	// true
	// false
}

func ExampleParseError() {
	_, err := filter.Parse(`lang = "ko" AND year => 2020`)
	if e, ok := errors.AsType[*filter.ParseError](err); ok {
		fmt.Println(e)
		fmt.Println(e.Caret())
	}
	// Output:
	// filter: column 22: expected an operator after the field, found "=>" (did you mean >=?)
	// lang = "ko" AND year => 2020
	//                      ^
}

func ExampleExpr_Kind() {
	e := filter.And(filter.Eq("lang", "ko"), filter.Gt("year", 2020))
	for _, part := range e.Args() {
		if part.Kind() == filter.KindCondition {
			c := part.Condition()
			fmt.Printf("%s %v %v: key %x\n", c.Field, c.Op, c.Values[0], c.Values[0].AppendKey(nil))
		}
	}
	// Output:
	// lang = "ko": key 046b6f0001
	// year > 2020: key 02c09f9000000000000000
}
