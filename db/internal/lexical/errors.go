package lexical

import "errors"

var (
	// ErrCorrupt is returned by Read when the snapshot is truncated, damaged or
	// contradicts itself. The index must be rebuilt.
	ErrCorrupt = errors.New("lexical: corrupt snapshot")

	// ErrVersion is returned by Read when the snapshot is from a version of this
	// package with another layout or text analysis. The index must be rebuilt.
	ErrVersion = errors.New("lexical: snapshot of another version")
)
