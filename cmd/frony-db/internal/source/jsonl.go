package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// recordReader reads the records of one file. Its errors are those of Reader, except
// that an error that ends the file is not a *FileError yet.
type recordReader interface {
	next() (Record, error)
	// place returns how many lines and bytes of text have been read.
	place() (lines, offset int64)
}

// jsonl reads one JSON object per line. It skips blank lines.
//
// The decoder is jsontext of encoding/json/v2: unlike encoding/json it reports
// repeated keys and half surrogate pairs, and says where.
type jsonl struct {
	file  string
	in    *input
	opts  *Options
	notes *notes
	lines *lineReader
	line  int64        // of the record being parsed
	buf   bytes.Buffer // what dec reads, which does not copy a Buffer
	dec   *jsontext.Decoder

	met map[string]bool // those of the fields that the options name

	vector []float32 // the embedding that was cut out of the line, not yet in the record
	dims   int       // of the last one
	short  []byte    // the line without it
}

func newJSONL(file string, in *input, opts *Options, notes *notes) *jsonl {
	lines := newLineReader(in, opts.MaxRecord, opts.MaxRaw)
	lines.offset = in.skipped
	j := &jsonl{file: file, in: in, opts: opts, notes: notes, lines: lines, met: map[string]bool{}}
	for _, n := range opts.named() {
		j.met[n.name] = false
	}
	j.dec = jsontext.NewDecoder(&j.buf)
	return j
}

func (j *jsonl) place() (int64, int64) { return j.lines.no, j.lines.offset }

func (j *jsonl) next() (Record, error) {
	for {
		ln, err := j.lines.next()
		if errors.Is(err, io.EOF) {
			j.tellUnmet()
		}
		if err != nil {
			return Record{}, err
		}
		if !ln.tooLong && len(bytes.TrimSpace(ln.text)) == 0 {
			continue
		}
		rec, err := j.parse(ln)
		if err != nil {
			raw, short := cut(ln.text, j.opts.MaxRaw)
			return Record{}, &Reject{
				File: j.file, Line: ln.no, Offset: ln.offset,
				Reason: err.Error(), Raw: raw, Cut: short || ln.tooLong,
			}
		}
		rec.File, rec.Line, rec.Offset = j.file, ln.no, ln.offset
		return rec, nil
	}
}

// tellUnmet tells at the end of which fields that the options name there was none: a slip,
// perhaps, that gave all records other ids.
func (j *jsonl) tellUnmet() {
	for _, n := range j.opts.named() {
		if !j.met[n.name] && j.line > 0 {
			j.notes.whole("no record has the field %q (%s)", n.name, n.role.flag())
		}
	}
}

// parse converts a line to a record, or returns the reason for a reject.
func (j *jsonl) parse(ln line) (Record, error) {
	if ln.tooLong {
		return Record{}, tooLong(ln.size, j.opts.MaxRecord)
	}
	if err := j.in.checkText(ln.text, ln.offset); err != nil {
		return Record{}, err
	}
	text := bytes.TrimSpace(ln.text)
	j.line = ln.no
	return j.parseText(text, ln.text)
}

// parseText converts the text of an object to a record. In whole it is as it is written,
// so that messages have the right columns.
func (j *jsonl) parseText(text, whole []byte) (Record, error) {
	if text[0] != '{' {
		return Record{}, fmt.Errorf("not a JSON object: it begins with %q", first(text))
	}
	rec, err := j.shortened(text)
	if err != nil {
		rec, err = j.object(whole)
	}
	if err != nil {
		return Record{}, err
	}
	return rec, rec.check(j.opts)
}

var errNotShort = errors.New("no embedding was taken out")

// shortened is object for a line with an embedding, which makes up most of it: the
// embedding is cut out and parsed separately, and the decoder gets the rest.
func (j *jsonl) shortened(text []byte) (Record, error) {
	at := findEmbedding(text, j.opts)
	if at < 0 {
		return Record{}, errNotShort
	}
	vector, n := shortEmbedding(text[at:], j.dims)
	if n == 0 {
		return Record{}, errNotShort
	}
	j.vector, j.dims = vector, len(vector)
	j.short = append(append(append(j.short[:0], text[:at]...), "null"...), text[at+n:]...)
	defer func() { j.vector = nil }()
	return j.object(j.short)
}

// object reads a record from the text of a line.
func (j *jsonl) object(text []byte) (Record, error) {
	j.buf = *bytes.NewBuffer(text)
	j.dec.Reset(&j.buf)
	rec, err := j.fields()
	if err != nil {
		return Record{}, explainJSON(err)
	}
	if _, err := j.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return Record{}, fmt.Errorf("data follows the object (column %d); one object per line is expected", j.dec.InputOffset()+1)
	}
	return rec, nil
}

// fields reads the fields of a record.
func (j *jsonl) fields() (Record, error) {
	var rec Record
	meta := metadata{notes: j.notes, line: j.line, opts: j.opts}
	if _, err := j.dec.ReadToken(); err != nil {
		return rec, err
	}
	for j.dec.PeekKind() != jsontext.KindEndObject {
		key, err := j.dec.ReadToken()
		if err != nil {
			return rec, err
		}
		if err := j.field(&rec, &meta, key.String()); err != nil {
			return rec, err
		}
	}
	rec.Metadata = meta.fields
	_, err := j.dec.ReadToken()
	return rec, err
}

// field reads the value of one field into the record.
func (j *jsonl) field(rec *Record, meta *metadata, name string) (err error) {
	if met, named := j.met[name]; named && !met {
		j.met[name] = true
	}
	switch role := j.opts.role(name); role {
	case roleID:
		return j.id(rec, meta, name)
	case roleText:
		return j.text(&rec.Text, name)
	case roleTitle:
		return j.text(&rec.Title, name)
	case roleSource:
		return j.text(&rec.Source, name)
	case roleEmbedding:
		if rec.Embedding != nil {
			return fmt.Errorf("field %q: the record has an embedding already", name)
		}
		if rec.Embedding, err = readEmbedding(j.dec, name); j.vector != nil {
			// This is the field that was cut out: the first with an embedding's name.
			rec.Embedding, j.vector = j.vector, nil
		}
		return err
	case roleExpires:
		var text string
		if err := j.text(&text, name); err != nil || text == "" {
			return err
		}
		if rec.Expires, err = parseExpires(text, j.opts.Timezone); err != nil {
			return fmt.Errorf("field %q %w", name, err)
		}
		return nil
	case roleChunk:
		tok, err := j.dec.ReadToken()
		if err != nil || tok.Kind() == jsontext.KindNull {
			return err
		}
		n, changed, err := wholeNumber(tok.String())
		if err != nil || tok.Kind() != jsontext.KindNumber || n < 0 || n > math.MaxInt32 {
			return fmt.Errorf("field %q must be an integer from 0, not %s", name, clip(tok.String()))
		}
		if changed {
			meta.note("field %q: numbers such as %s are read as integers", name, clip(tok.String()))
		}
		rec.Chunk = int(n)
		return nil
	case roleMetadata:
		switch kind := j.dec.PeekKind(); kind {
		case jsontext.KindNull:
			_, err := j.dec.ReadToken()
			return err
		case jsontext.KindBeginObject:
			return meta.readObject(j.dec, "", 1)
		default:
			if err := j.dec.SkipValue(); err != nil {
				return err
			}
			return fmt.Errorf("field %q must be an object, not %s", name, kindName(kind))
		}
	default:
		if !j.opts.reads(name) {
			return j.dec.SkipValue()
		}
		return meta.readJSON(j.dec, name, 1)
	}
}

// text reads a string or null.
func (j *jsonl) text(dst *string, name string) error {
	kind := j.dec.PeekKind()
	if kind == jsontext.KindBeginObject || kind == jsontext.KindBeginArray {
		return fmt.Errorf("field %q must be a string, not %s", name, kindName(kind))
	}
	tok, err := j.dec.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case jsontext.KindString:
		if *dst = tok.String(); j.opts.isNull(name, *dst) {
			*dst = ""
		}
	case jsontext.KindNull:
	default:
		return fmt.Errorf("field %q must be a string, not %s", name, kindName(tok.Kind()))
	}
	return nil
}

// id reads a string, or an integer as it is written.
func (j *jsonl) id(rec *Record, meta *metadata, name string) error {
	if rec.ID != "" {
		return fmt.Errorf("field %q: the record has an id already", name)
	}
	if j.dec.PeekKind() != jsontext.KindNumber {
		return j.text(&rec.ID, name)
	}
	tok, err := j.dec.ReadToken()
	if err != nil {
		return err
	}
	rec.ID = tok.String()
	if strings.ContainsAny(rec.ID, ".eE") {
		n, _, err := wholeNumber(rec.ID)
		if err != nil {
			return fmt.Errorf("field %q must be a string or an integer, not %s", name, clip(rec.ID))
		}
		rec.ID = strconv.FormatInt(n, 10)
		meta.note("field %q: numbers with a decimal point are read as integers", name)
	}
	return nil
}

// tooLong is the reason for rejecting a record over the limit.
func tooLong(size int64, limit int) error {
	return fmt.Errorf("the record has %d bytes and exceeds the limit of %d", size, limit)
}

// check returns an error if a record has nothing to search for.
func (r *Record) check(opts *Options) error {
	if r.Embedding != nil || strings.TrimSpace(r.Text) != "" {
		return nil
	}
	if r.Text != "" {
		return errors.New("the text is only white space")
	}
	return fmt.Errorf("no text: field %q is missing or empty (--text-field names another), and there is no embedding", opts.textName())
}

// checkText returns an error at bytes that are not valid text. offset is where b begins
// in the file.
func (in *input) checkText(b []byte, offset int64) error {
	if in.converted {
		if i := bytes.Index(b, []byte("\uFFFD")); i >= 0 {
			return fmt.Errorf("byte %d is not valid %s; if the file has another encoding, name it", offset+int64(i), in.encoding)
		}
		return nil
	}
	if utf8.Valid(b) {
		return nil
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Errorf("byte %d (0x%02x) is not valid UTF-8; if the file has another encoding, name it", offset+int64(i), b[i])
		}
		i += n
	}
	return nil
}

// first returns the first character of b.
func first(b []byte) rune {
	r, _ := utf8.DecodeRune(b)
	return r
}
