package hnsw

import "errors"

var (
	// ErrOptions is returned by New when an option is out of its range. The
	// message names every option that is.
	ErrOptions = errors.New("hnsw: invalid options")

	// ErrID is returned when an id is larger than MaxID.
	ErrID = errors.New("hnsw: id out of range")

	// ErrExists is returned by Add and Pend when the id is in use: live, or
	// deleted and not yet returned by Repair.
	ErrExists = errors.New("hnsw: id is in use")

	// ErrCorrupt is returned when a snapshot is damaged, truncated or was not
	// written by this package. The graph must be built again.
	ErrCorrupt = errors.New("hnsw: corrupt snapshot")

	// ErrVersion is returned when a snapshot has a format version that this
	// package does not know.
	ErrVersion = errors.New("hnsw: unknown snapshot version")
)
