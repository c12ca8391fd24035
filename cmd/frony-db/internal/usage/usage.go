// Package usage marks errors that are the command line's fault, so that the
// program can answer them with its own exit code and a pointer to the help.
package usage

import "fmt"

// Error is a wrong command line.
type Error struct{ err error }

// Error implements error.
func (e Error) Error() string { return e.err.Error() }

// Unwrap gives what is wrong.
func (e Error) Unwrap() error { return e.err }

// Wrap marks an error as a wrong command line.
func Wrap(err error) error { return Error{err} }

// Errorf is fmt.Errorf for a wrong command line.
func Errorf(format string, args ...any) error { return Error{fmt.Errorf(format, args...)} }
