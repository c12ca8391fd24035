package transformer

import (
	"errors"
	"strings"
)

var (
	// ErrUnsupported is returned by Open for a model that asks for what this
	// package doesn't do. It comes within a FileError.
	ErrUnsupported = errors.New("unsupported model")

	// ErrInvalid is returned by Open for files that contradict themselves or
	// each other. It comes within a FileError.
	ErrInvalid = errors.New("invalid model files")

	// ErrNumber is returned when a model gives a vector that has no direction:
	// zero, or not a number. Its weights are damaged.
	ErrNumber = errors.New("the model gave a vector without a direction")

	// ErrClosed is returned by an Embedder that was closed.
	ErrClosed = errors.New("embedder is closed")
)

// FileError says which of a model's files stands in the way.
type FileError struct {
	Path  string // of the file
	Field string // within it, if one is to blame
	Hint  string // the way out, if there is one
	Err   error  // ErrUnsupported, ErrInvalid, fs.ErrNotExist, …
}

// Error names the file, the field, the cause and the way out.
func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	b.WriteString(": ")
	if e.Field != "" {
		b.WriteString(e.Field)
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	if e.Hint != "" {
		b.WriteString(" (")
		b.WriteString(e.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }
