package db

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fronyai/frony-db/db/internal/lexical"
)

// A Span is a part of a text, in bytes: text[Start:End].
type Span struct{ Start, End int }

// A Snippet is the part of a document's text that fits a query best.
type Snippet struct {
	Text      string
	Start     int // where Text begins in the document's text, in bytes
	StartRune int // the same in characters
	// Highlights are the query's words in Text, if Query.Highlight was set.
	Highlights []Span
}

// MaxSnippet is the most characters that Query.Snippet may ask for.
const MaxSnippet = 100_000

// spans joins marks that touch.
func spans(marks []lexical.Mark) []Span {
	var out []Span
	for _, m := range marks {
		if n := len(out); n > 0 && m.From <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, m.To)
			continue
		}
		out = append(out, Span{m.From, m.To})
	}
	return out
}

// within returns the spans inside part, counted from its start. Those that cross its
// border are cut.
func within(all []Span, part Span) []Span {
	var out []Span
	for _, s := range all {
		if from, to := max(s.Start, part.Start), min(s.End, part.End); from < to {
			out = append(out, Span{from - part.Start, to - part.Start})
		}
	}
	return out
}

// dense returns the marks, at most n characters apart, that tell most of the query:
// each of its words counts once, up to twice if it is rare, and a tenth for every time
// it is repeated.
func dense(text string, marks []lexical.Mark, n int) []lexical.Mark {
	const repeated = 0.1
	tells := map[int]float32{}
	for _, m := range marks {
		tells[m.Word] = max(tells[m.Word], m.Weight)
	}
	rarest := float32(1e-9)
	for _, w := range tells {
		rarest = max(rarest, w)
	}
	for word, w := range tells {
		tells[word] = 1 + w/rarest
	}
	count := map[int]int{}
	var sum, most float32
	var best []lexical.Mark
	from, length := 0, 0 // length: characters from the start of marks[from] to that of the current mark
	for i, m := range marks {
		if i > 0 {
			length += utf8.RuneCountInString(text[marks[i-1].From:m.From])
		}
		for from < i && length+utf8.RuneCountInString(text[m.From:m.To]) > n {
			length -= utf8.RuneCountInString(text[marks[from].From:marks[from+1].From])
			w := marks[from].Word
			if count[w]--; count[w] == 0 {
				sum -= tells[w]
			} else {
				sum -= repeated * tells[w]
			}
			from++
		}
		if count[m.Word]++; count[m.Word] == 1 {
			sum += tells[m.Word]
		} else {
			sum += repeated * tells[m.Word]
		}
		if sum > most*1.0001 {
			most, best = sum, marks[from:i+1]
		}
	}
	return best
}

// cut returns the part of at most n characters around core that begins with a sentence
// if it can, or with a word, and ends with a word.
func cut(text string, core Span, n int) Span {
	room := n - utf8.RuneCountInString(text[core.Start:core.End])
	if room < 0 {
		return Span{core.Start, core.Start + prefix(text[core.Start:], n)}
	}
	start := core.Start - suffix(text[:core.Start], room*2/3)
	if start > 0 {
		start = begin(text, start, core.Start, room)
	}
	end := start + prefix(text[start:], n)
	if end < len(text) && !space(text[end:]) {
		if i := strings.LastIndexFunc(text[core.End:end], unicode.IsSpace); i >= 0 {
			end = core.End + i
		}
	} else if end == len(text) { // the text ends here: there may be room before
		if wide := end - suffix(text[:end], n); wide < start {
			if start = wide; start > 0 {
				start = begin(text, start, core.Start, n)
			}
		}
	}
	part := text[start:end]
	end -= len(part) - len(strings.TrimRightFunc(part, unicode.IsSpace))
	start += len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	return Span{min(start, core.Start), max(end, core.End)}
}

// begin moves start forward, to before at most: to the first sentence that begins
// there, or else to a word not more than a third of room away from before.
func begin(text string, start, before, room int) int {
	if s := sentenceSpans(text[start:before]); len(s) > 1 {
		return start + s[1].Start
	}
	start = max(start, before-suffix(text[:before], room/3))
	last, _ := utf8.DecodeLastRuneInString(text[:start])
	if start == 0 || unicode.IsSpace(last) {
		return start
	}
	if i := strings.IndexFunc(text[start:before], unicode.IsSpace); i >= 0 {
		return start + i
	}
	return start
}

func space(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsSpace(r)
}

// prefix and suffix are the bytes of the first and the last n characters.
func prefix(text string, n int) int {
	for i := range text {
		if n--; n < 0 {
			return i
		}
	}
	return len(text)
}

func suffix(text string, n int) int {
	i := len(text)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:i])
		i -= size
	}
	return len(text) - i
}

// covering returns the span from the first of marks to the end of the last.
func covering(marks []lexical.Mark) Span {
	s := Span{marks[0].From, marks[0].To}
	for _, m := range marks {
		s.End = max(s.End, m.To)
	}
	return s
}
