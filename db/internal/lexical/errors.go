package lexical

import "errors"

var (
	// ErrCorrupt is returned by Read when the snapshot is damaged: truncated,
	// changed, or not consistent in itself. The index has to be rebuilt.
	ErrCorrupt = errors.New("lexical: snapshot is corrupt")

	// ErrVersion is returned by Read when the snapshot was written by a
	// version of this package that laid it out or analysed text differently.
	// The index has to be rebuilt.
	ErrVersion = errors.New("lexical: snapshot is of another version")
)
