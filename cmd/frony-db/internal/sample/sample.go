// Package sample is the corpus that ships with frony-db: 340 short passages,
// half Korean and half English, on ten topics, written for this project.
//
// Numbers 001 to 008 of a topic exist in both languages and speak of the same
// thing in other words (ko-cook-001 and en-cook-001 are both about kimchi stew),
// so that a question finds an answer across languages; 009 to 017 exist in one.
//
// The passages are JSON lines with the fields id, text, lang ("ko" or "en"),
// topic, year (the year the matter happened, or for which the advice holds) and
// tags.
package sample

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

//go:embed passages.jsonl
var passages []byte

// A Passage of the corpus.
type Passage struct {
	ID    string   `json:"id"`
	Text  string   `json:"text"`
	Lang  string   `json:"lang"`
	Topic string   `json:"topic"`
	Year  int      `json:"year"`
	Tags  []string `json:"tags"`
}

// JSONL returns the corpus as JSON lines, to be imported like a user's file.
func JSONL() io.Reader { return bytes.NewReader(passages) }

// Passages returns the corpus in its order.
func Passages() ([]Passage, error) {
	dec := json.NewDecoder(JSONL())
	dec.DisallowUnknownFields()
	var all []Passage
	for {
		var p Passage
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("sample passage %d: %w", len(all)+1, err)
		}
		all = append(all, p)
	}
}

// A Query of the demonstration.
type Query struct {
	Text   string
	Filter string   // in the language of db/filter; empty for none
	From   string   // the language of Text
	To     string   // the language of the answer
	Want   []string // the ids that answer it, the best first
}

// Queries are the six questions that quickstart asks: within Korean, from Korean
// to English and from English to Korean, each with and without a filter. The
// questions across languages that have no filter ask for what the corpus knows
// in the other language alone.
func Queries() []Query {
	return []Query{
		{
			Text: "신김치로 찌개를 맛있게 끓이는 방법",
			From: "ko", To: "ko", Want: []string{"ko-cook-001", "en-cook-001"},
		},
		{
			Text: "이사한 뒤 신고는 언제까지 해야 하나요?", Filter: `topic = "law" AND year >= 2023`,
			From: "ko", To: "ko", Want: []string{"ko-law-001", "en-law-001"},
		},
		{
			Text: "화산이 터져 여름이 사라진 해",
			From: "ko", To: "en", Want: []string{"en-hist-014"},
		},
		{
			Text: "고루틴이 끝나지 않고 새는 것을 막는 방법", Filter: `lang = "en" AND tags CONTAINS "go"`,
			From: "ko", To: "en", Want: []string{"en-comp-001"},
		},
		{
			Text: "what happens when a lithium-ion battery is charged",
			From: "en", To: "ko", Want: []string{"ko-sci-013"},
		},
		{
			Text: "how to throw away rubbish, food waste and plastic bottles", Filter: `lang = "ko"`,
			From: "en", To: "ko", Want: []string{"ko-law-006"},
		},
	}
}
