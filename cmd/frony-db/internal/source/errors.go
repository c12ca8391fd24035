package source

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat is returned when a file's format cannot be told from its name, or
	// when its content is not of the format it claims.
	ErrFormat = errors.New("unknown or unexpected format")
	// ErrEncoding is returned when the text encoding named is not one of those
	// that are read.
	ErrEncoding = errors.New("unknown text encoding")
	// ErrTruncated is returned when a compressed file ends too early.
	ErrTruncated = errors.New("compressed data is cut short")
	// ErrCorrupt is returned when a file's bytes contradict themselves: a wrong
	// checksum, a damaged Parquet page.
	ErrCorrupt = errors.New("data is corrupt")
	// ErrColumn is returned when a table has no column for the text, or has a
	// column twice.
	ErrColumn = errors.New("column")
	// ErrNoFiles is returned when a glob or a folder holds nothing to read.
	ErrNoFiles = errors.New("nothing to read")
	// ErrOptions is returned when Options contradict themselves.
	ErrOptions = errors.New("invalid options")
)

// FileError says that a file cannot be read on, and how far it was read.
type FileError struct {
	File   string
	Line   int64 // lines (in Parquet rows) that were read before it
	Offset int64 // bytes of text that were read before it
	Err    error
}

// Error names the file, the place and the cause.
func (e *FileError) Error() string {
	if e.Line == 0 && e.Offset == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s: %v (after %d lines, %d bytes of text)", e.File, e.Err, e.Line, e.Offset)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }
