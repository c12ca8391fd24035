package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is a file format.
type Format string

// The formats that can be read. The zero value chooses one by the file's name.
const (
	Auto     Format = ""
	JSONL    Format = "jsonl"    // .jsonl, .ndjson, .json with one object per line
	CSV      Format = "csv"      // .csv
	TSV      Format = "tsv"      // .tsv, .tab
	Parquet  Format = "parquet"  // .parquet
	XLSX     Format = "xlsx"     // .xlsx, .xlsm: a spreadsheet
	Markdown Format = "markdown" // .md, .markdown
	DOCX     Format = "docx"     // .docx: a word processor's document
	HWPX     Format = "hwpx"     // .hwpx: one of Hancom's
	HTML     Format = "html"     // .html, .htm, .xhtml
	Text     Format = "text"     // .txt, .text
)

// IsDocument reports whether a file of the format is one document, and not many records.
func (f Format) IsDocument() bool { return slices.Contains(documents, f) }

// Type is the type of a table's column.
type Type string

// The types of a column.
const (
	String Type = "string"
	Int    Type = "int"
	Float  Type = "float"
	Bool   Type = "bool"
	List   Type = "list" // a JSON array of strings or numbers
	JSON   Type = "json" // any JSON value
)

// Defaults of Options.
const (
	DefaultMaxRecord = 16 << 20
	DefaultMaxRaw    = 4 << 10
)

// Options say how to read. Nil and zero values mean the defaults.
type Options struct {
	// Format of all files. Auto chooses it by each file's name, ignoring .gz and .zst;
	// standard input is JSONL.
	Format Format
	// Encoding of text, by a name of the WHATWG, such as "utf-8", "utf-16le", "cp949" or
	// "shift_jis". Empty means to detect it: by a byte-order mark, else UTF-8 unless the
	// first 64 KiB are clearly UTF-16, CP949, GB18030, Shift-JIS, EUC-JP or Big5.
	Encoding string

	// ID, Text, Title and Embedding name the fields or columns that hold them.
	// Empty means "id" (or "_id"), "text", "title", and "embedding" (or "vector").
	ID, Text, Title, Embedding string
	// Expires names the field or column with the time at which a record expires.
	// Empty means FieldExpires.
	Expires string
	// Prefix is prepended to the id and source of every file that is one document, so that
	// two folders can share a collection.
	Prefix string

	// MaxRecord is the longest record in bytes, DefaultMaxRecord if 0. It bounds lines,
	// CSV records and text files.
	MaxRecord int
	// MaxRaw is the number of bytes of a bad record that a Reject keeps, DefaultMaxRaw if 0.
	MaxRaw int

	// Comma separates CSV fields. Zero means ',', or a tab for TSV.
	Comma rune
	// Header names the columns of CSV files and sheets without a header.
	Header []string
	// Sheet is the sheet of a spreadsheet that is read; "" is the first that is shown.
	Sheet string
	// SkipRows is how many lines above the header of CSV, or rows of a sheet, are not read,
	// such as a title.
	SkipRows int
	// Quote says what a quote means in CSV and TSV. The zero value decides by evidence.
	Quote Quote
	// Columns are the columns or fields that become metadata; nil means all others.
	Columns []string
	// Types sets the types of columns. Others are inferred.
	Types map[string]Type

	// Null are texts that mean no value, such as "NA". With "column=NA" it is only in that
	// column. Without any, NA, N/A, null, NaN, None and - mean it among the numbers and
	// booleans of a table, and are texts elsewhere.
	Null []string
	// Timezone is the zone of times that name none; nil leaves them as they are, which
	// means UTC.
	Timezone *time.Location
	// Records is the path to the records in a JSON file that is one value: the names of
	// the fields with dots between them. Arrays on the way are gone through.
	Records string
	nulls   map[string]map[string]bool // of Null, by column; "" for all

	// Select, if set, chooses the files of a folder or glob to read, among those of a
	// known format. Open calls it in the order of the paths.
	Select func(path string, format Format, info fs.FileInfo) bool
	// Skipped, if set, is called by Open with each file of a folder that is not read, and
	// the reason.
	Skipped func(path, reason string)
	// Unread, if set, is called by Open with each folder that can't be listed, and each
	// file that is there and can't be looked at. What they hold is unknown, which is not
	// the same as nothing. Without it they are reported to Skipped.
	Unread func(path string, err error)
	// Note, if set, is called by Next at the end of each file with what its reader has
	// guessed or changed.
	Note func(Note)
	// Stdin is the input for "-", os.Stdin if nil.
	Stdin io.Reader
}

// withDefaults returns a copy with the defaults filled in, or an error with every
// fault.
func (o *Options) withDefaults() (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...))
	}
	if formats := slices.Concat(records, documents); opts.Format != Auto && !slices.Contains(formats, opts.Format) {
		faults = append(faults, fmt.Errorf("%w: format %q; one of %s", ErrFormat, opts.Format, join(formats)))
	}
	if opts.Encoding != "" {
		name, ok := canonicalEncoding(opts.Encoding)
		if !ok {
			faults = append(faults, fmt.Errorf("%w: %q; one of utf-8, utf-16le, utf-16be, %s, or another name of the WHATWG", ErrEncoding, opts.Encoding, charsetNames))
		}
		opts.Encoding = name
	}
	if opts.MaxRecord < 0 || opts.MaxRecord > 1<<30 {
		fault("MaxRecord %d; between 1 and 1 GiB, or 0 for the default", opts.MaxRecord)
	}
	if opts.MaxRaw < 0 {
		fault("MaxRaw %d is negative", opts.MaxRaw)
	}
	if c := opts.Comma; c != 0 && (c == '"' || c == '\r' || c == '\n' || c == utf8.RuneError || !utf8.ValidRune(c)) {
		fault("Comma %q cannot separate fields", c)
	}
	for name, t := range opts.Types {
		if !slices.Contains([]Type{String, Int, Float, Bool, List, JSON}, t) {
			fault("type %q of column %q; one of string, int, float, bool, list, json", t, name)
		}
	}
	if !slices.Contains([]Quote{QuoteAuto, QuoteNone, QuoteDouble}, opts.Quote) {
		fault("--quote %q; one of auto, none, double", opts.Quote)
	}
	if opts.SkipRows < 0 {
		fault("--skip-rows %d is negative", opts.SkipRows)
	}
	opts.nulls = nullMarkers(opts.Null)
	if opts.MaxRecord == 0 {
		opts.MaxRecord = DefaultMaxRecord
	}
	if opts.MaxRaw == 0 {
		opts.MaxRaw = DefaultMaxRaw
	}
	if opts.Stdin == nil {
		opts.Stdin = os.Stdin
	}
	return opts, errors.Join(faults...)
}

// compression is the ending of a compressed file's name.
func compression(name string) (ext string, ok bool) {
	ext = strings.ToLower(filepath.Ext(name))
	if slices.Contains([]string{".gz", ".zst", ".zstd"}, ext) {
		return ext, true
	}
	return "", false
}

// FormatOf returns a file's format by its name, ignoring .gz and .zst.
func FormatOf(name string) (Format, bool) {
	name = strings.ToLower(name)
	ext, _ := compression(name)
	name = strings.TrimSuffix(name, ext)
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return Auto, false
	}
	switch name[dot:] {
	case ".jsonl", ".ndjson", ".json":
		return JSONL, true
	case ".csv":
		return CSV, true
	case ".tsv", ".tab":
		return TSV, true
	case ".parquet":
		return Parquet, true
	case ".xlsx", ".xlsm":
		return XLSX, true
	case ".docx":
		return DOCX, true
	case ".hwpx":
		return HWPX, true
	case ".html", ".htm", ".xhtml":
		return HTML, true
	case ".md", ".markdown":
		return Markdown, true
	case ".txt", ".text":
		return Text, true
	}
	return Auto, false
}
