package source

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/office"
)

// workbook reads a sheet of a spreadsheet. Its first row names the columns, unless
// Options.Header does.
type workbook struct {
	rows
	sheet *office.Sheet
	again []office.Row // above and below the header, not yet returned
	line  int64
	size  int64
	read  *atomic.Int64
}

func newWorkbook(file string, raw io.Reader, opts *Options, read *atomic.Int64, notes *notes) (recordReader, error) {
	at, size, err := randomAccess(raw, "a spreadsheet")
	if err != nil {
		return nil, err
	}
	book, err := office.OpenWorkbook(at, size)
	if err != nil {
		return nil, officeError(err)
	}
	sheet, err := book.Sheet(opts.Sheet)
	if err != nil {
		return nil, fmt.Errorf("%w: --sheet: %w", ErrOptions, err)
	}
	if shown, hidden := book.Sheets(); opts.Sheet == "" && len(shown)+len(hidden) > 1 {
		notes.whole("the sheet %q is read; %q are not: name one with --sheet", shown[0], append(shown[1:], hidden...))
	}
	w := &workbook{rows: rows{file: file, opts: opts, notes: notes}, sheet: sheet, size: size, read: read}
	w.more = w.scan
	err = w.begin()
	if errors.Is(err, io.EOF) { // an empty sheet has no records
		w.ended = io.EOF
		return w, nil
	}
	if err != nil {
		_ = sheet.Close() // only read from
		return nil, err
	}
	w.sample()
	return w, nil
}

// officeError says of an error of package office what it is here.
func officeError(err error) error {
	switch {
	case errors.Is(err, office.ErrFormat):
		return fmt.Errorf("%w: %w", ErrFormat, err)
	case errors.Is(err, office.ErrCorrupt):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

func (w *workbook) place() (int64, int64) { return w.line, 0 }

func (w *workbook) close() { _ = w.sheet.Close() } // only read from

// begin reads the header. It returns io.EOF for a sheet without rows.
func (w *workbook) begin() error {
	var top []office.Row
	for len(top) < headerLines {
		row, err := w.sheet.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return officeError(err)
		}
		if row.Number > w.opts.SkipRows && len(row.Cells) > 0 {
			top = append(top, row)
		}
	}
	if len(top) == 0 {
		return io.EOF
	}
	w.again = top
	if w.opts.Header != nil {
		var err error
		w.columns, err = columns(w.opts.Header, w.opts)
		return err
	}
	var first error
	for i, row := range top {
		found, err := columns(row.Cells, w.opts)
		switch {
		case i == 0 && err == nil:
			w.columns, w.again = found, top[1:]
			return nil
		case i == 0:
			first = fmt.Errorf("%w: the header (row %d): %w", ErrFormat, row.Number, err)
		case err == nil && len(found) > 1: // a title above the header
			return fmt.Errorf("%w; row %d looks like the header: skip what is above it with --skip-rows %d", first, row.Number, row.Number-1)
		}
	}
	return first
}

// scan returns the next row of the sheet.
func (w *workbook) scan() (tableRow, error) {
	var row office.Row
	if len(w.again) > 0 {
		row, w.again = w.again[0], w.again[1:]
	} else {
		var err error
		if row, err = w.sheet.Next(); err != nil {
			w.read.Add(w.size) // where in the file a row is, nobody knows
			w.size = 0
			return tableRow{}, officeError(err)
		}
	}
	w.line = int64(row.Number)
	for _, e := range row.Errors {
		w.notes.value(w.line, "a formula's error %s is read as no value", e)
	}
	for range row.Uncomputed {
		w.notes.value(w.line, "a formula has no result in the file and is read as no value: open and save it with the program that computes it")
	}
	out := tableRow{fields: row.Cells, raw: []byte(strings.Join(row.Cells, "\t")), line: w.line}
	if len(out.raw) > w.opts.MaxRecord {
		out.err = tooLong(int64(len(out.raw)), w.opts.MaxRecord)
	}
	for len(out.fields) < len(w.columns) {
		out.fields = append(out.fields, "")
	}
	return out, nil
}
