package quant

import "errors"

var (
	// ErrDims is returned when a number of dimensions is not in 1…MaxDims.
	ErrDims = errors.New("quant: dimensions out of range")

	// ErrBits is returned when the bits for each dimension are not a number that
	// there are sketches of.
	ErrBits = errors.New("quant: bits out of range")

	// ErrCenter is returned when a center has other dimensions than the vectors, or
	// is longer than a mean of unit vectors can be.
	ErrCenter = errors.New("quant: not a center")

	// ErrFormat is returned by ReadCodes, ReadFullCodes and ReadSketches when the
	// stream is not such a table, or has an unknown version.
	ErrFormat = errors.New("quant: not a table of a known version")

	// ErrCorrupt is returned by ReadCodes, ReadFullCodes and ReadSketches when the
	// table is truncated or damaged.
	ErrCorrupt = errors.New("quant: corrupt table")
)
