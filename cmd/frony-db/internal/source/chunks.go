package source

import (
	"fmt"
	"maps"

	"github.com/fronyai/frony-db/db/chunk"
)

// Metadata that Chunks adds, unless the record has fields of that name.
const (
	MetaHeading = "heading"     // []string, the headings above the chunk
	MetaStart   = "chunk_start" // int64, its first byte in the document's text
	MetaEnd     = "chunk_end"   // int64, the byte behind its last
)

// Chunks cuts the record into records of its chunks. A Markdown or text file is
// cut as such, whatever opts.Format says; text from a table or JSONL as opts says.
//
// Chunks have the record's title and metadata, and its id as their source, so that
// they can be replaced together; the n-th has the id "ID#n". A record that is short
// enough stays as it is, but for its source. So does one with an embedding, which
// its chunks could not share, and one without an id, which could not be told apart
// from others.
func (r Record) Chunks(opts chunk.Options) []Record {
	if r.Embedding != nil || r.ID == "" {
		return []Record{r}
	}
	switch r.Format {
	case Markdown:
		opts.Format = chunk.Markdown
	case Text:
		opts.Format = chunk.Plain
	default: // as opts says
	}
	chunks := chunk.Split(r.Text, opts)
	if len(chunks) <= 1 {
		if r.Source == "" {
			r.Source = r.ID
		}
		return []Record{r}
	}
	out := make([]Record, len(chunks))
	for i, c := range chunks {
		piece := r
		piece.ID = fmt.Sprintf("%s#%d", r.ID, c.Index)
		piece.Text = c.Text
		piece.Source, piece.Chunk = r.ID, c.Index
		piece.Metadata = map[string]any{MetaStart: int64(c.Start), MetaEnd: int64(c.End)}
		if len(c.Heading) > 0 {
			piece.Metadata[MetaHeading] = c.Heading
		}
		maps.Copy(piece.Metadata, r.Metadata)
		out[i] = piece
	}
	return out
}
