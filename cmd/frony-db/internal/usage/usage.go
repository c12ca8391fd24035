// Package usage marks errors of the command line, which have an exit code of their
// own and are followed by a pointer to the help.
package usage

import "fmt"

// Error is an error in the command line.
type Error struct{ err error }

// Error implements error.
func (e Error) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e Error) Unwrap() error { return e.err }

// Wrap marks an error as a usage error.
func Wrap(err error) error { return Error{err} }

// Errorf is fmt.Errorf for usage errors.
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }
