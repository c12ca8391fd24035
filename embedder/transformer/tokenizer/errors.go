package tokenizer

import (
	"errors"
	"fmt"
)

// ErrUnsupported is returned, wrapped with the field's name, when a
// tokenizer.json asks for something that this package doesn't do.
var ErrUnsupported = errors.New("not supported")

// ErrInvalid is returned, wrapped with the field's name, when a tokenizer.json
// is broken: not JSON, a field missing, or fields that contradict each other.
var ErrInvalid = errors.New("invalid tokenizer.json")

func unsupported(field, format string, args ...any) error {
	return fmt.Errorf("tokenizer: %s: %s: %w", field, fmt.Sprintf(format, args...), ErrUnsupported)
}

func invalid(field, format string, args ...any) error {
	return fmt.Errorf("tokenizer: %s: %s: %w", field, fmt.Sprintf(format, args...), ErrInvalid)
}
