package source

import (
	"errors"
	"fmt"
	"io"
)

// The rows that column types are inferred from.
const (
	sampleRows  = 1000
	sampleBytes = 1 << 20
)

// csv reads a table. Its first line names the columns, unless Options.Header does.
type csv struct {
	file    string
	opts    *Options
	notes   *notes
	scan    *csvScanner
	columns []column
	ready   []csvRecord // read to infer types, not yet returned
	ended   error       // what followed ready
}

func newCSV(file string, in *input, opts *Options, format Format, notes *notes) (*csv, error) {
	lines := newLineReader(in, opts.MaxRecord, opts.MaxRaw)
	lines.offset = in.skipped
	c := &csv{file: file, opts: opts, notes: notes, scan: &csvScanner{in: in, opts: opts, notes: notes, quote: opts.Quote, lines: lines}}
	err := c.begin(format)
	if errors.Is(err, io.EOF) { // an empty file has no records
		c.ended = io.EOF
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	c.sample()
	return c, nil
}

// sample reads the first rows and infers the columns' types from them.
func (c *csv) sample() {
	for size := 0; len(c.ready) < sampleRows && size < sampleBytes; {
		rec, err := c.scan.next()
		if err != nil {
			c.ended = err
			break
		}
		rec.raw = clone(rec.raw)
		size += len(rec.raw)
		c.ready = append(c.ready, rec)
	}
	infer(c.columns, c.ready, c.opts, c.notes)
}

func (c *csv) place() (int64, int64) { return c.scan.lines.no, c.scan.lines.offset }

func (c *csv) next() (Record, error) {
	raw, err := c.row()
	if err != nil {
		return Record{}, err
	}
	rec, err := c.parse(raw)
	if err != nil {
		kept, short := cut(raw.raw, c.opts.MaxRaw)
		return Record{}, &Reject{
			File: c.file, Line: raw.line, Offset: raw.offset,
			Reason: err.Error(), Raw: kept, Cut: short,
		}
	}
	rec.File, rec.Line, rec.Offset = c.file, raw.line, raw.offset
	return rec, nil
}

// row returns the next row, first from those already read.
func (c *csv) row() (csvRecord, error) {
	if len(c.ready) > 0 {
		rec := c.ready[0]
		c.ready[0] = csvRecord{}
		c.ready = c.ready[1:]
		return rec, nil
	}
	if c.ended != nil {
		return csvRecord{}, c.ended
	}
	return c.scan.next()
}

func (c *csv) parse(raw csvRecord) (Record, error) {
	if raw.err != nil {
		return Record{}, raw.err
	}
	if len(raw.fields) != len(c.columns) {
		return Record{}, fmt.Errorf("%d fields, but the header has %d", len(raw.fields), len(c.columns))
	}
	var rec Record
	meta := metadata{notes: c.notes, line: raw.line, opts: c.opts}
	for i := range c.columns {
		if err := c.columns[i].put(&rec, &meta, raw.fields[i]); err != nil {
			return Record{}, err
		}
	}
	rec.Metadata = meta.fields
	return rec, rec.check(c.opts)
}
