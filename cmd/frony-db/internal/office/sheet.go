package office

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxColumns is how many columns a sheet can have (XFD).
const maxColumns = 16384

// Row is a row of a sheet.
type Row struct {
	Number int      // from 1, as the program shows it
	Cells  []string // from column A, without empty ones at the end
	// Errors are the errors of formulas in it, such as "#N/A"; their cells are empty.
	Errors []string
	// Uncomputed is how many cells have a formula without its result: whoever wrote the
	// file did not compute it.
	Uncomputed int
}

// Sheet reads the rows of a sheet, one after the other.
type Sheet struct {
	book *Workbook
	part string
	r    io.ReadCloser
	dec  *xml.Decoder
	row  int
	cell Row // being read
}

// Sheet opens a sheet by its name; "" is the first that is shown. It returns ErrSheet
// with the names that there are.
func (w *Workbook) Sheet(name string) (*Sheet, error) {
	i := slices.IndexFunc(w.sheets, func(s sheetEntry) bool { return s.name == name || name == "" && !s.hidden })
	if i < 0 {
		shown, hidden := w.Sheets()
		return nil, fmt.Errorf("%w: %q is not among %q", ErrSheet, name, append(shown, hidden...))
	}
	r, err := w.archive.open(w.sheets[i].part)
	if err != nil {
		return nil, err
	}
	return &Sheet{book: w, part: w.sheets[i].part, r: r, dec: newDecoder(io.LimitReader(r, maxStream))}, nil
}

// Close ends the reading.
func (s *Sheet) Close() error { return s.r.Close() }

// Next returns the next row that has cells, io.EOF after the last, or ErrCorrupt.
func (s *Sheet) Next() (Row, error) {
	for {
		tok, err := s.dec.Token()
		if errors.Is(err, io.EOF) {
			return Row{}, io.EOF
		}
		if err != nil {
			return Row{}, s.corrupt(err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "row" {
			continue
		}
		s.row++
		if n, err := strconv.Atoi(attr(e, "r")); err == nil {
			s.row = n
		}
		s.cell = Row{Number: s.row}
		if err := s.cells(); err != nil {
			return Row{}, s.corrupt(err)
		}
		for n := len(s.cell.Cells); n > 0 && s.cell.Cells[n-1] == ""; n-- {
			s.cell.Cells = s.cell.Cells[:n-1]
		}
		if len(s.cell.Cells) > 0 || len(s.cell.Errors) > 0 || s.cell.Uncomputed > 0 {
			return s.cell, nil
		}
	}
}

func (s *Sheet) corrupt(err error) error {
	return fmt.Errorf("%w: row %d of the part %q: %w", ErrCorrupt, s.row, s.part, unexpected(err))
}

// cells reads the cells of a row up to its end.
func (s *Sheet) cells() error {
	return walk(s.dec, func(e xml.StartElement) (read bool, err error) {
		if e.Name.Local != "c" {
			return true, s.dec.Skip()
		}
		at := len(s.cell.Cells)
		if ref := attr(e, "r"); ref != "" {
			if at, err = column(ref); err != nil {
				return true, err
			}
		}
		value, err := s.value(e)
		if err != nil {
			return true, err
		}
		if at >= maxColumns || at < len(s.cell.Cells) {
			return true, fmt.Errorf("cell %q is out of place", attr(e, "r"))
		}
		for len(s.cell.Cells) < at {
			s.cell.Cells = append(s.cell.Cells, "")
		}
		s.cell.Cells = append(s.cell.Cells, value)
		return true, nil
	}, nil)
}

// value reads a cell up to its end, as text.
func (s *Sheet) value(cell xml.StartElement) (string, error) {
	var raw strings.Builder
	inline, formula := "", false
	err := walk(s.dec, func(e xml.StartElement) (read bool, err error) {
		switch e.Name.Local {
		case "v":
			return true, text(s.dec, &raw)
		case "is":
			inline, err = cellText(s.dec)
			return true, err
		case "f":
			formula = true
		}
		return true, s.dec.Skip()
	}, nil)
	if err != nil {
		return "", err
	}
	if formula && raw.Len() == 0 && attr(cell, "t") != "str" {
		s.cell.Uncomputed++
	}
	return s.text(cell, raw.String(), inline)
}

// text is what a cell says.
func (s *Sheet) text(cell xml.StartElement, raw, inline string) (string, error) {
	switch attr(cell, "t") {
	case "inlineStr":
		return inline, nil
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(raw))
		if err != nil || n < 0 || n >= len(s.book.strings) {
			return "", fmt.Errorf("cell %q refers to the text %q, of %d", attr(cell, "r"), raw, len(s.book.strings))
		}
		return s.book.strings[n], nil
	case "str":
		return unescape(raw), nil
	case "b":
		return strconv.FormatBool(strings.TrimSpace(raw) == "1"), nil
	case "e":
		s.cell.Errors = append(s.cell.Errors, raw)
		return "", nil
	case "d":
		return raw, nil
	}
	raw = strings.TrimSpace(raw)
	if f, err := strconv.ParseFloat(raw, 64); err == nil {
		return s.number(cell, f), nil
	}
	return raw, nil
}

// number is what a cell with a number says.
func (s *Sheet) number(cell xml.StartElement, f float64) string {
	if style, err := strconv.Atoi(attr(cell, "s")); err == nil && style >= 0 && style < len(s.book.dates) && s.book.dates[style] {
		if t, ok := date(f, s.book.epoch); ok {
			return t
		}
	}
	// A program writes all digits of its binary number, such as 0.30000000000000004, and
	// shows fifteen.
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	if short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64); err == nil {
		f = short
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// date is a day as the program counts it, or a moment if it has a fraction, without a
// zone: the program knows none. Programs take 1900 for a leap year, so days before March
// of that year are off by one and stay numbers.
func date(days float64, epoch int) (string, bool) {
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if epoch == 1904 {
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if days < 61 {
		return "", false
	}
	if days < 0 || days >= 2958466 { // the year 10,000
		return "", false
	}
	whole := math.Floor(days)
	t := base.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round((days-whole)*86400000)) * time.Millisecond)
	if days == whole {
		return t.Format(time.DateOnly), true
	}
	return t.Format("2006-01-02T15:04:05.999"), true
}

// column is the index of a cell's column: 0 for "A7", 26 for "AA7".
func column(ref string) (int, error) {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			if i == 0 {
				break
			}
			return n - 1, nil
		}
		n = n*26 + int(c-'A') + 1
	}
	return 0, fmt.Errorf("%q is no cell", ref)
}
