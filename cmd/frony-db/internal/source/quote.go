package source

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Quote says what a quote means in CSV and TSV.
type Quote string

// The meanings of a quote.
const (
	QuoteAuto   Quote = ""       // decided by evidence at the first quote of a file
	QuoteNone   Quote = "none"   // a character like others, as IANA defines TSV
	QuoteDouble Quote = "double" // RFC 4180: it encloses a field, and is doubled in it
)

// quoteWindow is how much text is read ahead to decide what a quote means.
const quoteWindow = 256 << 10

// evidence is what a window of lines says about quotes. Every line is a record if quotes
// mean nothing; otherwise a record may span lines.
type evidence struct {
	lines, linesFit     int // lines, and those with the header's number of fields
	records, recordsFit int // the same with quotes
	within              int // lines that end within quotes, so that the next is swallowed
	quoted              int // fields within quotes
	literal             bool
}

// decide reads ahead and decides what quotes mean in the file. first is the line with
// the first quote.
func (s *csvScanner) decide(first line) {
	size := first.size
	ahead := []line{first.clone()}
	ended := false
	for size < quoteWindow {
		ln, err := s.nextLine()
		if err != nil {
			s.ended, ended = err, true
			break
		}
		size += ln.size
		ahead = append(ahead, ln.clone())
	}
	s.again = ahead[1:]
	e := s.weigh(ahead, ended)
	none, sure := e.none(s.fields, s.comma)
	s.quote = QuoteDouble
	if none {
		s.quote = QuoteNone
	}
	switch {
	case none:
		s.notes.whole("quotes are read as text (quote none): from line %d on %d of %d lines have %d fields so, and %d of %d records with quoting",
			first.no, e.linesFit, e.lines, s.fields, e.recordsFit, e.records)
	case !sure:
		s.notes.whole("quotes enclose fields (quote double), though without quoting there would be %d records from line %d on, and not %d",
			e.linesFit, first.no, e.recordsFit)
	}
}

// none reports whether quotes are characters like others, and whether that is sure.
func (e *evidence) none(fields int, comma rune) (none, sure bool) {
	plain, quoted := e.linesFit == e.lines, e.recordsFit == e.records
	switch {
	case plain && quoted && e.within > 0:
		// Both readings fit, and one has fewer records. That each line of a text has
		// the right number of separators by chance is unlikely, but for one.
		return fields > 2 || fields == 2 && (comma == '\t' || e.within > 2), false
	case plain && quoted:
		return comma == '\t' && e.literal, true
	case plain:
		// Unless nearly all quotes make sense: then one record is damaged.
		return e.literal || e.quoted < 8*(e.records-e.recordsFit), true
	case quoted:
		return false, true
	}
	return e.linesFit*e.records > e.recordsFit*e.lines, true
}

// weigh reads lines both ways.
func (s *csvScanner) weigh(lines []line, ended bool) evidence {
	var e evidence
	for _, ln := range lines {
		if len(ln.text) > 0 || ln.tooLong {
			e.lines++
			if !ln.tooLong && len(splitPlain(ln.text, s.comma)) == s.fields {
				e.linesFit++
			}
		}
	}
	styles := make([]style, s.fields)
	for len(lines) > 0 {
		if len(lines[0].text) == 0 && !lines[0].tooLong {
			lines = lines[1:]
			continue
		}
		p := fieldParser{comma: s.comma, lenient: true, styles: styles}
		n, err := p.lines(lines)
		if n == len(lines) && p.open && !ended {
			break // the window ends within the record
		}
		e.records++
		if err == nil && !p.open && len(p.fields) == s.fields {
			e.recordsFit++
			e.within += n - 1
		} else {
			n = 1
		}
		lines = lines[n:]
	}
	for _, st := range styles {
		e.quoted += st.needed + st.needless
		e.literal = e.literal || st.needless > 0 && st.bare > 0
	}
	for _, st := range styles {
		e.literal = e.literal && st.needed == 0
	}
	return e
}

// style counts how the cells of a column are written. A program that quotes what has to
// be quoted never does it without need, and one that quotes every text leaves none bare.
type style struct{ needed, needless, bare int }

func (st *style) see(cell []byte, quoted bool) {
	switch {
	case !quoted && len(cell) > 0 && !usualNull(string(cell)):
		st.bare++
	case !quoted:
	case len(cell) == 0 || bytes.ContainsAny(cell, "\t\"\r\n,;|") || cell[0] == ' ' || cell[len(cell)-1] == ' ' || cell[0] == '#':
		st.needed++
	default:
		st.needless++
	}
}

// splitPlain splits a line in which quotes mean nothing.
func splitPlain(b []byte, comma rune) []string {
	return strings.Split(string(b), string(comma))
}

// separators are those that are found without being named.
var separators = []rune{',', ';', '\t', '|'}

// sepLine returns the separator that a line such as "sep=;" names, which Excel reads.
func sepLine(b []byte) (rune, bool) {
	text := strings.Trim(string(b), `"`)
	if len(text) < 5 || !strings.EqualFold(text[:4], "sep=") {
		return 0, false
	}
	r, n := utf8.DecodeRuneInString(text[4:])
	return r, n == len(text)-4 && r != utf8.RuneError
}
