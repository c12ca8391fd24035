package sink

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

// csvRows writes RFC 4180 with the types of columns in the header.
type csvRows struct {
	w       *csv.Writer
	opts    Options
	columns []column
	cells   []string
	buf     []byte
}

func csvTable(w io.Writer, comma rune, opts Options) func([]column) (rows, error) {
	return func(columns []column) (rows, error) {
		out := csv.NewWriter(w)
		out.Comma = comma
		c := &csvRows{w: out, opts: opts, columns: columns}
		header := []string{"id", "text", "title", source.FieldSource, source.FieldChunk, source.FieldExpires}
		for _, col := range columns {
			header = append(header, fmt.Sprintf("%s:%s", col.name, col.kind))
		}
		header = append(header, "metadata")
		if opts.Embeddings {
			header = append(header, "embedding")
		}
		return c, out.Write(header)
	}
}

func (c *csvRows) write(r row) error {
	chunk := ""
	if r.rec.Chunk != 0 {
		chunk = strconv.Itoa(r.rec.Chunk)
	}
	expires := ""
	if !r.rec.Expires.IsZero() {
		expires = expiresText(r.rec.Expires)
	}
	c.cells = append(c.cells[:0], r.rec.ID, r.rec.Text, r.rec.Title, r.rec.Source, chunk, expires)
	for i, v := range r.values {
		switch v := v.(type) {
		case nil:
			c.cells = append(c.cells, "")
		case string:
			if v == "" { // an empty cell means no value
				if r.rest == nil {
					r.rest = map[string]any{}
				}
				r.rest[c.columns[i].name] = v
			}
			c.cells = append(c.cells, v)
		default:
			c.buf = appendValue(c.buf[:0], v)
			c.cells = append(c.cells, string(c.buf))
		}
	}
	rest := ""
	if len(r.rest) > 0 {
		rest = string(appendMetadata(c.buf[:0], r.rest))
	}
	c.cells = append(c.cells, rest)
	if c.opts.Embeddings {
		vector := ""
		if r.rec.Embedding != nil {
			vector = string(appendEmbedding(c.buf[:0], r.rec.Embedding))
		}
		c.cells = append(c.cells, vector)
	}
	return c.w.Write(c.cells)
}

func (c *csvRows) close() error {
	c.w.Flush()
	return c.w.Error()
}
