package source

import (
	"cmp"
	"errors"
	"io"
	"sync/atomic"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/office"
	"github.com/fronyai/frony-db/db/chunk"
)

// word reads a word processor's document as one record, as document does.
type word struct {
	file string
	doc  office.Document
	opts *Options
	done bool
}

func newWord(parse func(io.ReaderAt, int64) (office.Document, error)) opener {
	return func(file string, raw io.Reader, opts *Options, read *atomic.Int64, _ *notes) (recordReader, error) {
		at, size, err := randomAccess(raw, "a word processor's document")
		if err != nil {
			return nil, err
		}
		read.Add(size)
		doc, err := parse(at, size)
		return &word{file: file, doc: doc, opts: opts}, officeError(err)
	}
}

func (w *word) place() (int64, int64) { return 0, 0 }

func (w *word) next() (Record, error) {
	if w.done {
		return Record{}, io.EOF
	}
	w.done = true
	var fault error
	switch text := w.doc.Markdown; {
	case text == "":
		fault = errors.New("the document has no text")
	case len(text) > w.opts.MaxRecord:
		fault = tooLong(int64(len(text)), w.opts.MaxRecord)
	}
	if fault != nil {
		kept, short := cut([]byte(w.doc.Markdown), w.opts.MaxRaw)
		return Record{}, &Reject{File: w.file, Line: 1, Reason: fault.Error(), Raw: kept, Cut: short}
	}
	id := w.opts.Prefix + w.file
	return Record{
		ID: id, Source: id, Format: Markdown, File: w.file, Line: 1,
		Title: cmp.Or(w.doc.Title, chunk.Title(w.doc.Markdown)), Text: w.doc.Markdown,
	}, nil
}
