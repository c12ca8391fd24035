package source

import (
	"cmp"
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
	scan    *csvScanner
	columns []column
	ready   []csvRecord // read to infer types, not yet returned
	ended   error       // what followed ready
}

func newCSV(file string, in *input, opts *Options, format Format) (*csv, error) {
	comma := ','
	if format == TSV {
		comma = '\t'
	}
	o := *opts
	o.Comma = cmp.Or(o.Comma, comma)
	lines := newLineReader(in, o.MaxRecord, o.MaxRaw)
	lines.offset = in.skipped
	c := &csv{file: file, opts: &o, scan: &csvScanner{in: in, opts: &o, comma: o.Comma, lines: lines}}
	header := o.Header
	if header == nil {
		rec, err := c.scan.next()
		switch {
		case errors.Is(err, io.EOF): // an empty file has no records
			c.ended = err
			return c, nil
		case err != nil:
			return nil, err
		case rec.err != nil:
			return nil, fmt.Errorf("%w: the header (line %d): %w", ErrFormat, rec.line, rec.err)
		}
		header = rec.fields
	}
	var err error
	if c.columns, err = columns(header, &o); err != nil {
		return nil, err
	}
	c.sample()
	return c, nil
}

// sample reads the first rows and infers the columns' types from them.
func (c *csv) sample() {
	var rows [][]string
	for size := 0; len(c.ready) < sampleRows && size < sampleBytes; {
		rec, err := c.scan.next()
		if err != nil {
			c.ended = err
			break
		}
		rec.raw = clone(rec.raw)
		size += len(rec.raw)
		c.ready = append(c.ready, rec)
		if rec.err == nil && len(rec.fields) == len(c.columns) {
			rows = append(rows, rec.fields)
		}
	}
	infer(c.columns, rows)
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
	meta := metadata{}
	for i := range c.columns {
		if err := c.columns[i].put(&rec, meta, raw.fields[i]); err != nil {
			return Record{}, err
		}
	}
	if len(meta) > 0 {
		rec.Metadata = meta
	}
	return rec, rec.check(c.opts)
}
