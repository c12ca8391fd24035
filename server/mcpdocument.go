package server

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/internal/textform"
)

// What a tool answers ends in a model's context, which is small and paid for.
const (
	mcpSnippet = 600    // characters of a text in the results of a search
	mcpAnswer  = 40_000 // characters of all texts in an answer
)

// mcpDocument is a document as a model reads it: without what is long or of no use to
// it. Of a long text it has a part.
type mcpDocument struct {
	ID         string       `json:"id"`
	Title      string       `json:"title,omitempty" doc:"The title of the document that the text is from, and the headings above it"`
	Text       string       `json:"text,omitempty" doc:"The text, or the part of it from offset on"`
	Metadata   api.Metadata `json:"metadata,omitempty"`
	Source     string       `json:"source,omitempty" doc:"What the document is a part of, such as a file"`
	Chunk      int          `json:"chunk,omitzero" doc:"Its number within the source"`
	Expires    time.Time    `json:"expires,omitzero" doc:"When the document expires"`
	Characters int          `json:"characters,omitzero" doc:"If only a part of the text is here: the length of all of it"`
	Offset     int          `json:"offset,omitzero" doc:"If only a part of the text is here: where it begins, in characters"`
	NextOffset int          `json:"next_offset,omitzero" doc:"If there is more: what to give the tool get as offset to read on"`
}

func fromMCP(d *api.StoredDocument) mcpDocument {
	return mcpDocument{ID: d.ID, Title: d.Title, Text: d.Text, Metadata: d.Metadata, Source: d.Source, Chunk: d.Chunk, Expires: d.Expires}
}

// cut keeps n characters of the text from offset on.
func (d *mcpDocument) cut(offset, n int) {
	all := utf8.RuneCountInString(d.Text)
	offset = min(offset, all)
	if offset == 0 && all <= n {
		return
	}
	runes := []rune(d.Text)
	end := min(offset+n, all)
	d.Text, d.Characters, d.Offset = string(runes[offset:end]), all, offset
	if end < all {
		d.NextOffset = end
	}
}

// snippet keeps the part of the text that has most of the query's words.
func (d *mcpDocument) snippet(query string, n int) {
	if utf8.RuneCountInString(d.Text) <= n {
		return
	}
	d.cut(bestWindow([]rune(strings.ToLower(d.Text)), words(query), n), n)
}

// words are a query's words, Korean ones without the last syllable, where particles
// are.
func words(query string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(textform.Normal(query)), func(r rune) bool { return strings.ContainsRune(" \t\n.,!?\"'()[]{}:;", r) }) {
		r := []rune(w)
		if last := r[len(r)-1]; len(r) >= 3 && last >= '가' && last <= '힣' {
			w = string(r[:len(r)-1])
		}
		if len(r) > 1 {
			out = append(out, w)
		}
	}
	return out
}

// bestWindow is where n characters of a text begin that have most of the words.
func bestWindow(text []rune, words []string, n int) int {
	const step = 100
	best, most := 0, 0
	for from := 0; from < len(text); from += step {
		part, hits := textform.Normal(string(text[from:min(from+n, len(text))])), 0
		for _, w := range words {
			if strings.Contains(part, w) {
				hits++
			}
		}
		if hits > most {
			best, most = from, hits
		}
	}
	return max(0, min(best, len(text)-n))
}
