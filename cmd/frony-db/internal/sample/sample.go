// Package sample is the corpus that ships with frony-db: 340 short passages,
// half Korean and half English, on ten topics, written for this project.
//
// Numbers 001 to 008 of a topic exist in both languages and describe the same thing in
// different words (ko-cook-001 and en-cook-001 are both about kimchi stew), so that
// queries find answers across languages. Numbers 009 to 017 exist in one language.
//
// The passages are JSON lines with the fields id, text, lang ("ko" or "en"),
// topic, year (of the event, or for which the advice holds) and
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

// JSONL returns the corpus as JSON lines, to import like a user's file.
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

// A Query of quickstart.
type Query struct {
	Text   string
	Filter string   // in the language of db/filter; empty for none
	From   string   // the language of Text
	To     string   // the language of the answer
	Want   []string // ids of the answers, best first
}

// Queries are the six queries of quickstart: within Korean, from Korean to English and
// from English to Korean, each with and without a filter. Those across languages
// without a filter ask for something that the corpus has only in the other language.
// All four contain a technical term that both languages write alike, so that even an
// embedder that only knows spellings can answer them.
func Queries() []Query {
	return []Query{
		{
			Text: "김치찌개는 어떻게 끓여야 맛있나요?",
			From: "ko", To: "ko", Want: []string{"ko-cook-001", "en-cook-001"},
		},
		{
			Text: "이사하고 전입신고는 며칠 안에 해야 하나요?", Filter: `topic = "law" AND year >= 2023`,
			From: "ko", To: "ko", Want: []string{"ko-law-001", "en-law-001"},
		},
		{
			Text: "Apache 라이선스 2.0의 특허 조항",
			From: "ko", To: "en", Want: []string{"en-law-012"},
		},
		{
			Text: "HNSW에서 efSearch를 키우면 어떻게 되나요?", Filter: `lang = "en" AND topic = "computing"`,
			From: "ko", To: "en", Want: []string{"en-comp-003"},
		},
		{
			Text: "How to write a file safely with fsync and rename",
			From: "en", To: "ko", Want: []string{"ko-comp-009"},
		},
		{
			Text: "Argon2 or bcrypt for storing passwords", Filter: `lang = "ko" AND NOT tags CONTAINS "go"`,
			From: "en", To: "ko", Want: []string{"ko-comp-005"},
		},
	}
}
