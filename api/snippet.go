package api

import (
	"unicode/utf8"

	"github.com/fronyai/frony-db/db"
)

// Span is a part of a text, in characters: Unicode code points, which Python's strings
// count in and JavaScript's [...text] is made of.
type Span struct {
	Start int `json:"start" doc:"Where it begins, in characters (Unicode code points)"`
	End   int `json:"end" doc:"Where it ends: the character behind its last one"`
}

// Snippet is the part of a text that fits a query best.
type Snippet struct {
	Text       string `json:"text"`
	Start      int    `json:"start" doc:"Where it begins in the document's text, in characters (Unicode code points)"`
	StartByte  int    `json:"start_byte" doc:"The same in bytes of UTF-8"`
	Highlights []Span `json:"highlights,omitzero" doc:"The query's words in the snippet, if they were asked for"`
}

// fromSpans counts spans of text, which are in order, in characters.
func fromSpans(text string, all []db.Span) []Span {
	if all == nil {
		return nil
	}
	out := make([]Span, len(all))
	at, chars := 0, 0
	count := func(to int) int {
		chars += utf8.RuneCountInString(text[at:to])
		at = to
		return chars
	}
	for i, s := range all {
		out[i].Start = count(s.Start)
		out[i].End = count(s.End)
	}
	return out
}

// spans counts spans in bytes of text. It reads no further than the text.
func spans(text string, all []Span) []db.Span {
	if all == nil {
		return nil
	}
	out := make([]db.Span, len(all))
	at, chars := 0, 0
	find := func(to int) int {
		for ; chars < to && at < len(text); chars++ {
			_, n := utf8.DecodeRuneInString(text[at:])
			at += n
		}
		return at
	}
	for i, s := range all {
		out[i].Start = find(s.Start)
		out[i].End = find(s.End)
	}
	return out
}

// fromSnippet is the wire form of a snippet.
func fromSnippet(s *db.Snippet) *Snippet {
	if s == nil {
		return nil
	}
	return &Snippet{Text: s.Text, Start: s.StartRune, StartByte: s.Start, Highlights: fromSpans(s.Text, s.Highlights)}
}

// DB is the snippet.
func (s *Snippet) DB() *db.Snippet {
	if s == nil {
		return nil
	}
	return &db.Snippet{Text: s.Text, Start: s.StartByte, StartRune: s.Start, Highlights: spans(s.Text, s.Highlights)}
}
