package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/source"
)

var (
	// ErrFormat is returned by New for a format that cannot be written.
	ErrFormat = errors.New("unknown export format")
	// ErrRecord is returned by Write for a record that could not be read back unchanged.
	// It is not written. Other records still can be.
	ErrRecord = errors.New("record cannot be exported")
)

// Options say what to write. Nil and zero values mean the defaults.
type Options struct {
	// Embeddings includes the embeddings.
	Embeddings bool
	// Sample is the number of records that a table's columns are chosen from, 1000 if 0.
	Sample int
}

// Writer writes records. It is not safe for concurrent use.
type Writer interface {
	// Write writes a record, whose slices may be changed afterwards. It returns
	// ErrRecord, or an error of the io.Writer, after which the file is unusable.
	Write(rec source.Record) error
	// Close writes what is buffered. It does not close the io.Writer.
	Close() error
}

// New returns a Writer of the format. Options may be nil.
func New(w io.Writer, format source.Format, opts *Options) (Writer, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Sample <= 0 {
		o.Sample = 1000
	}
	switch format {
	case source.JSONL:
		return &jsonl{w: bufio.NewWriterSize(w, 1<<16), opts: o}, nil
	case source.CSV:
		return &table{opts: o, start: csvTable(w, ',', o)}, nil
	case source.TSV:
		return &table{opts: o, start: csvTable(w, '\t', o)}, nil
	case source.Parquet:
		return &table{opts: o, start: parquetTable(w, o)}, nil
	default:
		return nil, fmt.Errorf("%w: %q; one of jsonl, csv, tsv, parquet", ErrFormat, format)
	}
}

// normal returns the record with metadata of the five types of package source, or
// ErrRecord.
func normal(rec source.Record, opts *Options) (source.Record, error) {
	fault := func(format string, args ...any) (source.Record, error) {
		return rec, fmt.Errorf("%w: %q: %s", ErrRecord, rec.ID, fmt.Sprintf(format, args...))
	}
	if !opts.Embeddings {
		rec.Embedding = nil
	}
	for _, f := range []struct{ name, text string }{{"id", rec.ID}, {"text", rec.Text}, {"title", rec.Title}, {"source", rec.Source}} {
		if !utf8.ValidString(f.text) {
			return fault("its %s is not valid UTF-8", f.name)
		}
	}
	for i, x := range rec.Embedding {
		if x-x != 0 {
			return fault("element %d of its embedding is %v", i, x)
		}
	}
	if rec.Chunk < 0 {
		return fault("its chunk is %d", rec.Chunk)
	}
	if rec.Expires = rec.Expires.UTC().Truncate(time.Microsecond); !writable(rec.Expires) {
		return fault("it expires in the year %d", rec.Expires.Year())
	}
	meta := make(map[string]any, len(rec.Metadata))
	for k, v := range rec.Metadata {
		if k == "" || !utf8.ValidString(k) {
			return fault("metadata has a field %q", k)
		}
		x, ok := value(v)
		if !ok {
			return fault("field %q holds %T %.40v", k, v, v)
		}
		meta[k] = x
	}
	rec.Metadata = meta
	return rec, nil
}

// value converts a value of metadata to one of the types of package source.
func value(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return v, utf8.ValidString(v)
	case bool, int64:
		return v, true
	case int:
		return int64(v), true
	case float64:
		return v, !math.IsInf(v, 0) && !math.IsNaN(v)
	case []string:
		return v, !slices.ContainsFunc(v, func(s string) bool { return !utf8.ValidString(s) })
	case []int64:
		return v, true
	case []float64:
		return v, !slices.ContainsFunc(v, func(f float64) bool { return math.IsInf(f, 0) || math.IsNaN(f) })
	case time.Time:
		return v.Format(time.RFC3339Nano), writable(v)
	}
	return nil, false
}

// writable reports whether a time can be written in RFC 3339.
func writable(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }

// expiresText formats the expiry of a record for text formats.
func expiresText(t time.Time) string { return t.Format(time.RFC3339Nano) }
