package filter_test

import (
	"testing"

	"github.com/fronyai/frony-db/db/filter"
)

const typical = `lang = "ko" AND year >= 2020 AND NOT tag IN ("draft", "old")`

func BenchmarkMatch(b *testing.B) {
	e, err := filter.Parse(typical)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !e.MatchMap(doc) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := filter.Parse(typical); err != nil {
			b.Fatal(err)
		}
	}
}
