package quant

import "errors"

var (
	// ErrDims is returned when a number of dimensions is not in 1…MaxDims.
	ErrDims = errors.New("quant: dimensions out of range")

	// ErrFormat is returned by ReadCodes when the stream is not a table of codes,
	// or has an unknown version.
	ErrFormat = errors.New("quant: not a table of codes of a known version")

	// ErrCorrupt is returned by ReadCodes when the table is truncated or damaged.
	ErrCorrupt = errors.New("quant: corrupt table of codes")
)
