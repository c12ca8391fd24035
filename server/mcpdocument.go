package server

import (
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/api"
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

// keep keeps the part of the text that a search has chosen.
func (d *mcpDocument) keep(s *api.Snippet) {
	if s == nil || len(s.Text) == len(d.Text) {
		return
	}
	all := utf8.RuneCountInString(d.Text)
	end := s.Start + utf8.RuneCountInString(s.Text)
	d.Text, d.Characters, d.Offset = s.Text, all, s.Start
	if end < all {
		d.NextOffset = end
	}
}
