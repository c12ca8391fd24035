package source

import (
	"cmp"
	"errors"
	"fmt"
	"io"
)

// headerLines is how many lines are searched for the header.
const headerLines = 30

// errOtherFields is returned by header for a first line with another number of fields
// than the names that were given.
var errOtherFields = errors.New("another number of fields")

// begin skips what is above the header, finds the separator and reads the header. It
// returns io.EOF if the file has no lines.
func (c *csv) begin(format Format) error {
	s := c.scan
	for range c.opts.SkipRows {
		if _, err := s.nextLine(); err != nil {
			return err
		}
	}
	top, err := c.ahead()
	if err != nil {
		return err
	}
	s.comma = cmp.Or(c.opts.Comma, ',')
	if format == TSV {
		s.comma = cmp.Or(c.opts.Comma, '\t')
	}
	found := c.opts.Comma != 0
	if r, ok := sepLine(top[0].text); ok {
		if !found {
			s.comma, found = r, true
		}
		top = top[1:]
		s.again = s.again[1:]
	}
	if len(top) == 0 {
		return io.EOF
	}
	candidates := []rune{s.comma}
	if !found {
		candidates = append(candidates, separators...)
	}
	var first error
	for _, comma := range candidates {
		columns, n, err := c.header(top, comma)
		if err == nil {
			if comma != s.comma {
				c.notes.whole("the separator is %q", comma)
			}
			c.columns, s.comma, s.fields, s.again = columns, comma, len(columns), s.again[n:]
			return nil
		}
		first = cmp.Or(first, err)
	}
	if c.opts.Header != nil && errors.Is(first, errOtherFields) {
		// The rows tell what is wrong, each.
		o := *c.opts
		c.columns, first = columns(o.Header, &o)
		s.fields = len(c.columns)
		return first
	}
	for i := range top { // is there a title above the header?
		for _, comma := range candidates {
			if columns, _, err := c.header(top[i:], comma); err == nil && i > 0 && c.opts.Header == nil && len(columns) > 1 {
				return fmt.Errorf("%w; line %d looks like the header: skip what is above it with --skip-rows %d", first, top[i].no, top[i].no-1)
			}
		}
	}
	return first
}

// ahead reads the first lines and leaves them to be read again. Blank ones above the
// others are dropped.
func (c *csv) ahead() ([]line, error) {
	s := c.scan
	var out []line
	for len(out) < headerLines {
		ln, err := s.nextLine()
		if err != nil {
			s.ended = err
			break
		}
		if len(ln.text) > 0 || len(out) > 0 {
			out = append(out, ln.clone())
		}
	}
	if len(out) == 0 {
		return nil, s.ended
	}
	s.again = append([]line(nil), out...)
	return out, nil
}

// header reads the columns from the lines, and returns how many it has used. If the
// options name the columns, it checks that the first line has as many fields.
func (c *csv) header(lines []line, comma rune) ([]column, int, error) {
	o := *c.opts
	o.Comma = comma
	if lines[0].tooLong {
		return nil, 0, fmt.Errorf("%w: the header (line %d): %w", ErrFormat, lines[0].no, tooLong(lines[0].size, o.MaxRecord))
	}
	p := fieldParser{comma: comma, lenient: o.Quote == QuoteAuto}
	n, err := p.lines(lines)
	if err == nil && p.open {
		err = errors.New("a quote is never closed")
	}
	names := p.fields
	if o.Quote == QuoteNone || err != nil && o.Quote == QuoteAuto {
		names, n, err = splitPlain(lines[0].text, comma), 1, nil
	}
	if o.Header != nil {
		columns, cerr := columns(o.Header, &o)
		if cerr == nil && len(names) != len(columns) {
			cerr = errOtherFields
		}
		return columns, 0, cerr
	}
	for i := 0; i < n && err == nil; i++ {
		err = c.scan.in.checkText(lines[i].text, lines[i].offset)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%w: the header (line %d): %w", ErrFormat, lines[0].no, err)
	}
	columns, err := columns(names, &o)
	return columns, n, err
}
