package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// csvScanner reads records as RFC 4180 describes them, with any separator.
//
// It replaces encoding/csv, which reads to the end of the file for a quote that is
// never closed, and keeps everything in memory. Here such a quote costs only its own
// line, which becomes a reject; the lines after it are read again as records. There
// are two more differences: a line break within quotes is kept as it is, and a
// record is never longer than MaxRecord.
//
// Where the options leave it open, the first quote of a file decides what quotes mean
// in it, see decide.
type csvScanner struct {
	in     *input
	opts   *Options
	notes  *notes
	comma  rune
	quote  Quote // QuoteAuto until it is decided
	fields int   // of the header; 0 until it is read
	lines  *lineReader
	again  []line // lines to read again; their texts are copies
	ended  error  // what followed again
}

func (s *csvScanner) nextLine() (line, error) {
	if len(s.again) > 0 {
		ln := s.again[0]
		s.again = s.again[1:]
		return ln, nil
	}
	if s.ended != nil {
		return line{}, s.ended
	}
	return s.lines.next()
}

// next returns the next record, good or bad, or the error that ends the file.
func (s *csvScanner) next() (tableRow, error) {
	for {
		ln, err := s.nextLine()
		if err != nil {
			return tableRow{}, err
		}
		if len(ln.text) > 0 || ln.tooLong {
			return s.record(ln)
		}
	}
}

// record reads the record that begins with first, which may span lines.
func (s *csvScanner) record(first line) (tableRow, error) {
	rec := tableRow{line: first.no, offset: first.offset}
	if first.tooLong {
		rec.raw, rec.err = clone(first.text), tooLong(first.size, s.opts.MaxRecord)
		return rec, nil
	}
	if s.quote == QuoteAuto && s.fields > 0 && bytes.IndexByte(first.text, '"') >= 0 {
		first = first.clone()
		s.decide(first)
	}
	if s.quote == QuoteNone {
		rec.fields, rec.raw = splitPlain(first.text, s.comma), first.text
		rec.err = s.in.checkText(first.text, first.offset)
		return rec, nil
	}
	p := fieldParser{comma: s.comma, lenient: s.opts.Quote == QuoteAuto}
	err := p.line(first.text)
	if p.stray {
		s.notes.value(first.no, "a quote inside a field that has none around it is read as text")
	}
	if err == nil && !p.open { // the usual case
		rec.fields, rec.raw = p.fields, first.text
		rec.err = s.in.checkText(first.text, first.offset)
		return rec, nil
	}
	lines := []line{first.clone()}
	size := first.size
	for err == nil && p.open {
		var ln line
		ln, err = s.nextLine()
		switch {
		case errors.Is(err, io.EOF):
			err = errors.New("a quote is never closed")
			continue
		case err != nil:
			return rec, err
		}
		lines = append(lines, ln.clone())
		if size += ln.size; size > int64(s.opts.MaxRecord) || ln.tooLong {
			err = fmt.Errorf("a quote is not closed within %d bytes", s.opts.MaxRecord)
			continue
		}
		previous := lines[len(lines)-2]
		p.lineBreak(previous)
		err = p.line(ln.text)
	}
	if err != nil {
		rec.raw, rec.err = lines[0].text, err
		if plain := splitPlain(rec.raw, s.comma); s.opts.Quote == QuoteAuto && len(plain) == s.fields {
			rec.fields, rec.err = plain, s.in.checkText(rec.raw, first.offset)
			s.notes.value(first.no, "a quote that does not enclose a field is read as text")
		}
		s.again = append(lines[1:], s.again...)
		return rec, nil
	}
	rec.fields = p.fields
	for i, ln := range lines {
		if rec.err == nil {
			rec.err = s.in.checkText(ln.text, ln.offset)
		}
		if i > 0 {
			rec.raw = append(rec.raw, '\n')
		}
		rec.raw = append(rec.raw, ln.text...)
	}
	return rec, nil
}

// clone returns the line with a text of its own.
func (l line) clone() line {
	l.text = clone(l.text)
	return l
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// fieldParser splits lines into fields; a quoted field may span lines.
type fieldParser struct {
	comma  rune
	fields []string
	open   bool   // within quotes
	cell   []byte // of the field within quotes

	lenient bool    // a quote inside an unquoted field is text
	stray   bool    // there was one
	styles  []style // of the columns, if they are counted
}

// lines parses the record that begins the lines, and returns how many it has. It stays
// open if they end within it.
func (p *fieldParser) lines(lines []line) (n int, err error) {
	for n < len(lines) {
		if n > 0 {
			p.lineBreak(lines[n-1])
		}
		ln := lines[n]
		n++
		if ln.tooLong {
			return n, errors.New("too long")
		}
		if err := p.line(ln.text); err != nil || !p.open {
			return n, err
		}
	}
	return n, nil
}

// see counts how a cell is written.
func (p *fieldParser) see(cell []byte, quoted bool) {
	if i := len(p.fields); i < len(p.styles) {
		p.styles[i].see(cell, quoted)
	}
}

// lineBreak adds the break after a line to the field that spans it.
func (p *fieldParser) lineBreak(ln line) {
	if ln.size-int64(len(ln.text)) == 2 {
		p.cell = append(p.cell, '\r')
	}
	p.cell = append(p.cell, '\n')
}

// line parses one more line of the record.
func (p *fieldParser) line(b []byte) error {
	for i := 0; ; {
		switch {
		case p.open:
			n := p.quoted(b[i:])
			if p.open {
				return nil
			}
			i += n
		case i < len(b) && b[i] == '"':
			p.open = true
			i++
			continue
		default:
			start := i
			for i < len(b) && !p.atComma(b[i:]) {
				if b[i] == '"' && p.lenient {
					p.stray = true
				} else if b[i] == '"' {
					return fmt.Errorf("column %d: a quote inside an unquoted field", i+1)
				}
				i++
			}
			p.see(b[start:i], false)
			p.fields = append(p.fields, string(b[start:i]))
		}
		if i == len(b) {
			return nil
		}
		if !p.atComma(b[i:]) {
			return fmt.Errorf("column %d: text follows the closing quote", i+1)
		}
		i += utf8.RuneLen(p.comma)
	}
}

// quoted reads a quoted field up to its closing quote, and returns how many bytes it
// read. The field stays open if the line ends first.
func (p *fieldParser) quoted(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] != '"':
			p.cell = append(p.cell, b[i])
		case i+1 < len(b) && b[i+1] == '"':
			p.cell = append(p.cell, '"')
			i++
		default:
			p.see(p.cell, true)
			p.fields = append(p.fields, string(p.cell))
			p.cell = p.cell[:0]
			p.open = false
			return i + 1
		}
	}
	return len(b)
}

// atComma reports whether b begins with the separator.
func (p *fieldParser) atComma(b []byte) bool {
	if p.comma < utf8.RuneSelf {
		return b[0] == byte(p.comma)
	}
	r, _ := utf8.DecodeRune(b)
	return r == p.comma
}
