package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonRecords reads a file that is one JSON value with the records in it: an array of
// objects, or an object with such an array in a field.
type jsonRecords struct {
	lines *jsonl // parses the records
	in    *bounded
	dec   *jsontext.Decoder
	pull  func() (jsontext.Value, error, bool)
	stop  func()
	no    int64
}

// newJSON reads JSON lines, or one value if the options or its beginning say so.
func newJSON(file string, in *input, opts *Options, notes *notes, wait bool) (recordReader, error) {
	head, rest, err := peek(in.Reader, 512, wait)
	if err != nil {
		return nil, err
	}
	in.Reader = rest
	text := bytes.TrimLeft(head, " \t\r\n")
	line, _, _ := bytes.Cut(text, []byte("\n"))
	switch {
	case opts.Records == "" && string(bytes.TrimSpace(line)) == "{":
		return nil, fmt.Errorf("%w: one object that spans lines; JSON lines have an object each; if the records are in a field of it, name it with --records", ErrFormat)
	case opts.Records == "" && !bytes.HasPrefix(text, []byte("[")):
		return newJSONL(file, in, opts, notes), nil
	case opts.Records == "":
		notes.whole("one JSON array, whose elements are the records")
	}
	j := &jsonRecords{lines: newJSONL(file, in, opts, notes), in: &bounded{r: in, limit: int64(opts.MaxRecord)}}
	j.dec = jsontext.NewDecoder(j.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var path []string
	if opts.Records != "" && opts.Records != "." {
		path = strings.Split(opts.Records, ".")
	}
	j.pull, j.stop = iter.Pull2(func(yield func(jsontext.Value, error) bool) { j.all(path, yield) })
	return j, nil
}

func (j *jsonRecords) close() { j.stop() }

func (j *jsonRecords) place() (int64, int64) { return j.no, j.dec.InputOffset() }

func (j *jsonRecords) next() (Record, error) {
	value, err, ok := j.pull()
	if !ok {
		j.lines.tellUnmet()
		return Record{}, io.EOF
	}
	if err != nil {
		return Record{}, err
	}
	j.no++
	j.in.passed = j.dec.InputOffset()
	offset := j.lines.in.skipped + j.dec.InputOffset() - int64(len(value))
	j.lines.line = j.no
	var rec Record
	if err = j.lines.in.checkText(value, offset); len(value) > j.lines.opts.MaxRecord {
		err = tooLong(int64(len(value)), j.lines.opts.MaxRecord)
	}
	if err == nil {
		rec, err = j.lines.parseText(value, value)
	}
	if err != nil {
		raw, short := cut(value, j.lines.opts.MaxRaw)
		return Record{}, &Reject{File: j.lines.file, Line: j.no, Offset: offset, Reason: err.Error(), Raw: raw, Cut: short}
	}
	rec.File, rec.Line, rec.Offset = j.lines.file, j.no, offset
	return rec, nil
}

// all yields the records of the file, and an error that ends it.
func (j *jsonRecords) all(path []string, yield func(jsontext.Value, error) bool) {
	err := j.walk(path, func(v jsontext.Value) bool { return yield(v, nil) })
	if err == nil {
		if _, err = j.dec.ReadToken(); errors.Is(err, io.EOF) {
			if err = nil; j.no == 0 && len(path) > 0 {
				err = fmt.Errorf("%w: there are no records at --records %q", ErrFormat, strings.Join(path, "."))
			}
		} else if err == nil {
			err = errors.New("data follows the JSON value")
		}
	}
	if err != nil && !errors.Is(err, errStopped) {
		yield(nil, explainJSON(err))
	}
}

var errStopped = errors.New("stopped")

// walk yields the records at path in the next value. Arrays are gone through.
func (j *jsonRecords) walk(path []string, yield func(jsontext.Value) bool) error {
	kind := j.dec.PeekKind()
	switch {
	case kind == jsontext.KindBeginArray:
		if _, err := j.dec.ReadToken(); err != nil {
			return err
		}
		for j.dec.PeekKind() != jsontext.KindEndArray {
			if err := j.walk(path, yield); err != nil {
				return err
			}
		}
		_, err := j.dec.ReadToken()
		return err
	case len(path) == 0:
		v, err := j.dec.ReadValue()
		if err == nil && !yield(v) {
			err = errStopped
		}
		return err
	case kind != jsontext.KindBeginObject:
		j.lines.notes.value(j.no, "%s where an object with %q was expected is passed over", kindName(kind), path[0])
		return j.dec.SkipValue()
	}
	if _, err := j.dec.ReadToken(); err != nil {
		return err
	}
	for j.dec.PeekKind() != jsontext.KindEndObject {
		name, err := j.dec.ReadToken()
		if err != nil {
			return err
		}
		if key := name.String(); key == path[0] {
			err = j.walk(path[1:], yield)
		} else {
			j.lines.notes.value(j.no, "field %q lies beside the records and is not read", key)
			err = j.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := j.dec.ReadToken()
	return err
}

// bounded is a reader that fails when a record is far longer than the limit, since the
// decoder keeps the whole of it, in a buffer that it doubles.
type bounded struct {
	r            io.Reader
	read, passed int64 // bytes read, and those that the decoder is done with
	limit        int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.read-b.passed > b.limit+1<<20 {
		return 0, fmt.Errorf("a value exceeds the limit of %d bytes per record", b.limit)
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	return n, err
}
