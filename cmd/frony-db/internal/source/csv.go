package source

import (
	"errors"
	"io"
)

// csv reads a table. Its first line names the columns, unless Options.Header does.
type csv struct {
	rows
	scan *csvScanner
}

func newCSV(file string, in *input, opts *Options, format Format, notes *notes) (*csv, error) {
	lines := newLineReader(in, opts.MaxRecord, opts.MaxRaw)
	lines.offset = in.skipped
	scan := &csvScanner{in: in, opts: opts, notes: notes, quote: opts.Quote, lines: lines}
	c := &csv{rows: rows{file: file, opts: opts, notes: notes, more: scan.next}, scan: scan}
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

func (c *csv) place() (int64, int64) { return c.scan.lines.no, c.scan.lines.offset }
