package quant

import "errors"

var (
	// ErrDims is returned when a number of dimensions is not in 1…MaxDims.
	ErrDims = errors.New("quant: dimensions out of range")

	// ErrFormat is returned when what is read is not a table of codes, or one of
	// a version that this library doesn't know.
	ErrFormat = errors.New("quant: not a table of codes of a known version")

	// ErrCorrupt is returned when a table of codes is damaged: a checksum or a
	// size does not fit, or the end is missing.
	ErrCorrupt = errors.New("quant: table of codes is damaged")
)
