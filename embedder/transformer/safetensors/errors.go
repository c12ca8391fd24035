package safetensors

import "errors"

var (
	// ErrCorrupt is returned when a file's header does not fit its contents: the file
	// is truncated, damaged, or not a safetensors file.
	ErrCorrupt = errors.New("corrupt safetensors file")

	// ErrType is returned for a tensor whose elements cannot be read as float32. F32,
	// F16 and BF16 can.
	ErrType = errors.New("unsupported tensor type")

	// ErrRange is returned for elements beyond the end of a tensor.
	ErrRange = errors.New("out of the tensor's range")
)
