package safetensors

import "errors"

var (
	// ErrCorrupt is returned when a file's header and its bytes don't agree:
	// it was cut off, damaged, or is not a safetensors file.
	ErrCorrupt = errors.New("corrupt safetensors file")

	// ErrType is returned when the elements of a tensor are of a type that
	// can't be read as float32. F32, F16 and BF16 can.
	ErrType = errors.New("unsupported tensor type")

	// ErrRange is returned when more elements are asked for than a tensor has.
	ErrRange = errors.New("out of the tensor's range")
)
