package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/office"
)

// Open opens a file, a folder with everything below it, a glob ("notes/**/*.md"), or "-"
// for standard input. Options may be nil.
//
// It returns ErrOptions, ErrFormat or ErrEncoding for invalid options, fs.ErrNotExist
// if there is no such file, and ErrNoFiles for a folder or glob with nothing to read.
// If ctx is cancelled, Next returns its error.
func Open(ctx context.Context, path string, opts *Options) (Reader, error) {
	return OpenAll(ctx, []string{path}, opts)
}

// OpenAll is Open for several paths, which are read one after the other. It finds all
// of them before anything is read, and reports every one that is missing.
func OpenAll(ctx context.Context, paths []string, opts *Options) (Reader, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &reader{ctx: ctx, opts: &o}
	var faults []error
	for _, path := range paths {
		files, size, closer, err := find(ctx, path, &o)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		r.files = append(r.files, files...)
		if size < 0 || r.size < 0 {
			r.size = -1
		} else {
			r.size += size
		}
		if closer != nil {
			r.closers = append(r.closers, closer)
		}
	}
	if err := errors.Join(append(faults, o.checkApplies(r.files))...); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// file is one file to read.
type file struct {
	name   string // in messages, and as a document's id
	format Format
	open   func() (io.ReadCloser, error)
	pipe   bool // reading may wait for another program
}

// reader reads files one after the other.
type reader struct {
	ctx     context.Context
	opts    *Options
	files   []file
	size    int64
	read    atomic.Int64
	closers []io.Closer // the folders

	raw io.Closer // of the file being read
	in  *input
	cur recordReader
	// name of the file being read
	name   string
	notes  notes
	survey survey
}

func (r *reader) BytesRead() int64 { return r.read.Load() }

func (r *reader) Size() int64 { return r.size }

func (r *reader) Next() (Record, error) {
	for {
		if err := r.ctx.Err(); err != nil {
			return Record{}, err
		}
		if r.cur == nil {
			if len(r.files) == 0 {
				return Record{}, io.EOF
			}
			f := r.files[0]
			r.files = r.files[1:]
			if err := r.start(f); err != nil {
				r.finish()
				return Record{}, &FileError{File: f.name, Err: err}
			}
		}
		rec, err := r.cur.next()
		if err == nil {
			if r.opts.Timezone != nil {
				r.opts.localTimes(&rec, &r.notes)
			}
			if r.opts.Note != nil {
				r.survey.see(&rec)
			}
			return rec, nil
		}
		if _, ok := errors.AsType[*Reject](err); ok {
			return Record{}, err
		}
		lines, offset := r.cur.place()
		r.finish()
		if errors.Is(err, io.EOF) {
			continue
		}
		return Record{}, &FileError{File: r.name, Line: lines, Offset: offset, Err: err}
	}
}

// opener begins to read a file that is no text, and needs random access.
type opener func(file string, raw io.Reader, opts *Options, read *atomic.Int64, notes *notes) (recordReader, error)

var openers = map[Format]opener{
	Parquet: newParquet, XLSX: newWorkbook, DOCX: newWord(office.ReadDocument), HWPX: newWord(office.ReadHWPX),
}

// start opens a file and the layers above it.
func (r *reader) start(f file) error {
	r.name = f.name
	r.notes = notes{file: f.name, tell: r.opts.Note}
	raw, err := f.open()
	if err != nil {
		return err
	}
	r.raw = raw
	if open := openers[f.format]; open != nil {
		cur, err := open(f.name, raw, r.opts, &r.read, &r.notes)
		if err == nil {
			r.cur = cur
		}
		return err
	}
	r.in, err = newInput(counter{raw, &r.read}, r.opts.Encoding, !f.pipe)
	if zip, ok := compression(f.name); ok && errors.Is(err, ErrEncoding) && r.opts.Encoding == "" {
		return fmt.Errorf("%w: it is named %s, and is neither compressed nor text; copy or download the file again", ErrFormat, zip)
	}
	if err != nil {
		return err
	}
	if r.in.guessed {
		r.notes.whole("the encoding is %s, by its bytes", r.in.encoding)
	}
	switch f.format {
	case JSONL:
		r.cur, err = newJSON(f.name, r.in, r.opts, &r.notes, !f.pipe)
		return err
	case CSV, TSV:
		r.cur, err = newCSV(f.name, r.in, r.opts, f.format, &r.notes)
		return err
	case Markdown, HTML, Text:
		r.cur = &document{file: f.name, in: r.in, opts: r.opts, notes: &r.notes, format: f.format}
	default:
		return fmt.Errorf("%w: %q", ErrFormat, f.format)
	}
	return nil
}

// finish closes the file being read.
func (r *reader) finish() {
	r.survey.note(&r.notes)
	r.survey = survey{}
	r.notes.flush()
	if cur, ok := r.cur.(interface{ close() }); ok {
		cur.close()
	}
	if r.in != nil {
		r.in.close()
		r.in = nil
	}
	if r.raw != nil {
		_ = r.raw.Close() // only read from
		r.raw = nil
	}
	r.cur = nil
}

func (r *reader) Close() error {
	r.finish()
	r.files = nil
	var faults []error
	for _, c := range r.closers {
		faults = append(faults, c.Close())
	}
	r.closers = nil
	return errors.Join(faults...)
}
