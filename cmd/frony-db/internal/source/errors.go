package source

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat is returned when a file's name does not reveal its format, or when its
	// content does not match the format.
	ErrFormat = errors.New("unknown or unexpected format")
	// ErrEncoding is returned when the named text encoding is not supported.
	ErrEncoding = errors.New("unknown text encoding")
	// ErrTruncated is returned when a compressed file ends too early.
	ErrTruncated = errors.New("compressed data is cut short")
	// ErrCorrupt is returned for damaged files: a wrong checksum, a bad Parquet page.
	ErrCorrupt = errors.New("data is corrupt")
	// ErrColumn is returned when a table has no column for the text, or two columns of
	// the same name.
	ErrColumn = errors.New("column")
	// ErrNoFiles is returned when a glob or folder has nothing to read.
	ErrNoFiles = errors.New("nothing to read")
	// ErrOptions is returned for invalid Options.
	ErrOptions = errors.New("invalid options")
)

// FileError says that a file cannot be read to its end, and how far it was read.
type FileError struct {
	File   string
	Line   int64 // lines (in Parquet rows) that were read before it
	Offset int64 // bytes of text that were read before it
	Err    error
}

// Error names the file, the position and the cause.
func (e *FileError) Error() string {
	if e.Line == 0 && e.Offset == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s: %v (after %d lines, %d bytes of text)", e.File, e.Err, e.Line, e.Offset)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }
