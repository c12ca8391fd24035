package tokenizer

import (
	"errors"
	"fmt"
)

// ErrUnsupported is returned, wrapped with the field's name, when a
// tokenizer.json needs something that this package does not support.
var ErrUnsupported = errors.New("not supported")

// ErrInvalid is returned, wrapped with the field's name, when a tokenizer.json
// is malformed: not JSON, missing a field, or with fields that contradict each other.
var ErrInvalid = errors.New("invalid tokenizer.json")

func unsupported(field, format string, args ...any) error {
	return fmt.Errorf("tokenizer: %s: %s: %w", field, fmt.Sprintf(format, args...), ErrUnsupported)
}

func invalid(field, format string, args ...any) error {
	return fmt.Errorf("tokenizer: %s: %s: %w", field, fmt.Sprintf(format, args...), ErrInvalid)
}
