package transformer

import (
	"errors"
	"strings"
)

var (
	// ErrUnsupported is returned by Open for a model that needs something this package
	// does not support. It is wrapped in a FileError.
	ErrUnsupported = errors.New("unsupported model")

	// ErrInvalid is returned by Open for files that contradict themselves or each
	// other. It is wrapped in a FileError.
	ErrInvalid = errors.New("invalid model files")

	// ErrNumber is returned when a model produces a vector that is zero or not a
	// number. Its weights are damaged.
	ErrNumber = errors.New("the model produced a vector without a direction")

	// ErrClosed is returned by an Embedder that has been closed.
	ErrClosed = errors.New("embedder is closed")
)

// FileError names the file of a model that cannot be used.
type FileError struct {
	Path  string // of the file
	Field string // within the file, if one is at fault
	Hint  string // what to do about it, or empty
	Err   error  // ErrUnsupported, ErrInvalid, fs.ErrNotExist, …
}

// Error names the file, the field, the cause and the hint.
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
