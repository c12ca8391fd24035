package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/db/chunk"
)

// document reads a Markdown, HTML or text file as one record. Its id and source are the
// file's path, so reading the folder again replaces it.
type document struct {
	file   string
	in     *input
	opts   *Options
	notes  *notes
	format Format
	done   bool
	size   int64
}

func (d *document) place() (int64, int64) { return 0, d.size }

func (d *document) next() (Record, error) {
	if d.done {
		return Record{}, io.EOF
	}
	d.done = true
	raw, err := io.ReadAll(io.LimitReader(d.in, int64(d.opts.MaxRecord)+1))
	d.size = int64(len(raw))
	if err != nil {
		return Record{}, err
	}
	rec, err := d.parse(raw)
	if err != nil {
		kept, short := cut(raw, d.opts.MaxRaw)
		return Record{}, &Reject{File: d.file, Line: 1, Offset: 0, Reason: err.Error(), Raw: kept, Cut: short}
	}
	return rec, nil
}

func (d *document) parse(raw []byte) (Record, error) {
	if len(raw) > d.opts.MaxRecord {
		return Record{}, fmt.Errorf("the file exceeds the limit of %d bytes per document", d.opts.MaxRecord)
	}
	if err := d.in.checkText(raw, d.in.skipped); err != nil {
		return Record{}, err
	}
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		return Record{}, fmt.Errorf("byte %d is zero; this is not a text file", d.in.skipped+int64(i))
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return Record{}, errors.New("the file is empty")
	}
	id := d.opts.Prefix + d.file
	rec := Record{ID: id, Source: id, Format: Text, File: d.file, Line: 1, Offset: d.in.skipped, Text: string(raw)}
	if d.format == Text {
		return rec, nil
	}
	if d.format == HTML {
		return rec, readHTML(&rec)
	}
	rec.Format = Markdown
	meta, body, err := chunk.FrontMatter(rec.Text)
	switch {
	case err != nil && body == 0:
		d.notes.whole("%v; it is kept as text", err)
	case err != nil:
		d.notes.whole("%v; its fields were read one by one", err)
	}
	rec.Line += int64(strings.Count(rec.Text[:body], "\n"))
	rec.Offset += int64(body)
	rec.Text = rec.Text[body:]
	if strings.TrimSpace(rec.Text) == "" {
		return Record{}, errors.New("the file has only front matter")
	}
	rec.Title, _ = meta[db.MetaTitle].(string)
	if _, ok := meta[db.MetaTitle]; !ok {
		rec.Title = chunk.Title(rec.Text)
	}
	if len(meta) > 0 {
		rec.Metadata = meta
	}
	return rec, nil
}
