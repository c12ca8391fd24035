package reason

import (
	"fmt"
	"regexp"
	"strings"
)

// named is an error whose text names fields of the package's options and queries: {EfSearch}
// in the format.
type named struct {
	err    error // nil: the text is all
	format string
	args   []any // among them Fields, and errors that may name fields, too
	first  bool  // the text stands before err
}

func (e *named) Error() string {
	return e.named(func(field string) string { return field })
}

// Unwrap returns the cause.
func (e *named) Unwrap() error { return e.err }

// Field is the name of a field as an argument of For.
type Field string

// braces are a field's name in a format.
var braces = regexp.MustCompile(`\{[A-Z]\w*\}`)

func (e *named) named(name func(field string) string) string {
	format := braces.ReplaceAllStringFunc(e.format, func(s string) string {
		return strings.ReplaceAll(name(s[1:len(s)-1]), "%", "%%")
	})
	args := make([]any, len(e.args))
	for i, a := range e.args {
		switch v := a.(type) {
		case error:
			a = Named(v, name)
		case Field:
			a = name(string(v))
		}
		args[i] = a
	}
	text := fmt.Sprintf(format, args...)
	switch {
	case e.err == nil:
		return text
	case e.first:
		return text + ": " + Named(e.err, name)
	}
	return e.err.Error() + ": " + text
}

// Named is the text of an error in which fields are called what name calls them.
func Named(err error, name func(field string) string) string {
	text := err.Error()
	for _, e := range all(err) {
		text = strings.Replace(text, e.Error(), e.named(name), 1)
	}
	return text
}

// all finds the outermost errors that name fields.
func all(err error) []*named {
	switch e := err.(type) { //nolint:errorlint // the chain is walked here
	case *named:
		return []*named{e}
	case interface{ Unwrap() error }:
		return all(e.Unwrap())
	case interface{ Unwrap() []error }:
		var out []*named
		for _, err := range e.Unwrap() {
			out = append(out, all(err)...)
		}
		return out
	}
	return nil
}
