package source

import (
	"fmt"
	"io"
	"time"
)

// Record is one document as its file tells it, before chunking and embedding.
type Record struct {
	// ID is the document's id as the file gives it. A text or Markdown file has
	// its path relative to the folder, with slashes. It is empty where the file
	// gives none; the store then chooses one.
	ID string
	// Text is valid UTF-8. It is empty only where Embedding is given.
	Text string
	// Title is empty where the file has none.
	Title string
	// Metadata holds string, bool, int64, float64 and []string, and nothing else.
	// Nested objects are flattened: {"author": {"name": "김"}} is "author.name".
	Metadata map[string]any
	// Embedding is nil where the file gives none. Its length is the file's; the
	// collection decides whether it fits.
	Embedding []float32

	// Format is Markdown or Text if the record is such a file, and empty if it is a
	// row of a table or a line of JSONL.
	Format Format

	// Source is the document that this record is a piece of: the path of a text
	// or Markdown file, or what an export wrote to "_source". Otherwise empty.
	Source string
	// Chunk is the record's place among the pieces of Source, from 0.
	Chunk int
	// Expires is when the document expires, in UTC and to the microsecond. Zero is
	// never.
	Expires time.Time

	// File, Line and Offset say where the record begins: the file as Open named
	// it, the line from 1 (in Parquet the row from 1), and the byte offset in the
	// text as decompressed and, where the file was not UTF-8, as converted.
	File   string
	Line   int64
	Offset int64
}

// Reader gives the records of one or many files, in order. Next and Close belong
// to one goroutine; BytesRead and Size may be called from any, so that a
// progress bar can watch.
type Reader interface {
	// Next returns the next record. It returns io.EOF when all files have ended, a
	// *Reject for a record that cannot be taken, after which reading goes on
	// behind it, and the context's error once it is cancelled. Any other error is
	// a *FileError and ends that file; the next call goes on with the next file.
	Next() (Record, error)
	// Close releases the files. It is safe to call twice.
	io.Closer
	// BytesRead returns how many bytes of the files have been read so far, as they
	// lie on disk (compressed), so that BytesRead/Size is the part done.
	BytesRead() int64
	// Size returns the bytes of all files together, or -1 if it is unknown, as it
	// is for standard input.
	Size() int64
}

// Reject is a record that was not taken. It is returned as an error by Next.
type Reject struct { //nolint:errname // a thing that is kept and written down, not only an error
	File   string `json:"file"`
	Line   int64  `json:"line"`   // as in Record
	Offset int64  `json:"offset"` // as in Record
	Reason string `json:"reason"`
	// Raw is the record's beginning as it stood in the file, at most
	// Options.MaxRaw bytes; Cut says that more followed.
	Raw []byte `json:"-"`
	Cut bool   `json:"cut,omitempty"`
}

// Error names the place and the reason.
func (r *Reject) Error() string {
	return fmt.Sprintf("%s:%d: (byte %d) %s", r.File, r.Line, r.Offset, r.Reason)
}

// cut returns a copy of at most limit bytes of raw and whether that is less than
// all of it.
func cut(raw []byte, limit int) ([]byte, bool) {
	if len(raw) <= limit {
		return append([]byte(nil), raw...), false
	}
	return append([]byte(nil), raw[:limit]...), true
}
