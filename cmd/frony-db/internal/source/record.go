package source

import (
	"fmt"
	"io"
	"time"
)

// Record is one document as read from a file, before chunking and embedding.
type Record struct {
	// ID is the document's id in the file. For a text or Markdown file it is the path
	// relative to the folder, with slashes. It is empty if the file has none.
	ID string
	// Text is valid UTF-8. It is empty only if there is an Embedding.
	Text string
	// Title is empty if the file has none.
	Title string
	// Metadata holds values of the types string, bool, int64, float64, []string, []int64
	// and []float64.
	// Nested objects are flattened: {"author": {"name": "김"}} is "author.name".
	Metadata map[string]any
	// Embedding is nil if the file has none. Its length is not checked here.
	Embedding []float32

	// Format is Markdown or Text if the record is such a file. It is empty for a row of
	// a table or a line of JSONL.
	Format Format

	// Source is the document that this record is a part of: the path of a text or
	// Markdown file, or the field "_source" of an export. Otherwise it is empty.
	Source string
	// Chunk is the record's number among the parts of Source, from 0.
	Chunk int
	// Expires is when the document expires, in UTC and to the microsecond. Zero is
	// never.
	Expires time.Time

	// File, Line and Offset say where the record begins: the name of the file, the
	// line (in Parquet the row) from 1, and the byte offset in the text after
	// decompression and conversion to UTF-8.
	File   string
	Line   int64
	Offset int64
}

// Reader returns the records of one or more files, in order. Next and Close belong to
// one goroutine. BytesRead and Size may be called from any, such as a progress bar's.
type Reader interface {
	// Next returns the next record. It returns io.EOF after the last, a *Reject for a
	// bad record, after which reading continues behind it, and the context's error
	// once it is cancelled. Any other error is a *FileError, which ends that file; the
	// next call continues with the next file.
	Next() (Record, error)
	// Close releases the files. It is safe to call twice.
	io.Closer
	// BytesRead returns how many bytes of the files have been read so far, before
	// decompression, so that BytesRead/Size is the progress.
	BytesRead() int64
	// Size returns the size of all files, or -1 if it is unknown, as for standard
	// input.
	Size() int64
}

// Reject is a rejected record. Next returns it as an error.
type Reject struct { //nolint:errname // a thing that is kept and written down, not only an error
	File   string `json:"file"`
	Line   int64  `json:"line"`   // as in Record
	Offset int64  `json:"offset"` // as in Record
	Reason string `json:"reason"`
	// Raw is the beginning of the record in the file, at most Options.MaxRaw bytes. Cut
	// is set if there was more.
	Raw []byte `json:"-"`
	Cut bool   `json:"cut,omitempty"`
}

// Error names the place and the reason.
func (r *Reject) Error() string {
	return fmt.Sprintf("%s:%d: (byte %d) %s", r.File, r.Line, r.Offset, r.Reason)
}

// cut returns a copy of at most limit bytes of raw, and whether bytes are missing.
func cut(raw []byte, limit int) ([]byte, bool) {
	if len(raw) <= limit {
		return append([]byte(nil), raw...), false
	}
	return append([]byte(nil), raw[:limit]...), true
}
