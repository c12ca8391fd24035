package hnsw

import "errors"

var (
	// ErrOptions is returned by New when options are out of range. The message
	// names all of them.
	ErrOptions = errors.New("hnsw: invalid options")

	// ErrID is returned when an id is larger than MaxID.
	ErrID = errors.New("hnsw: id out of range")

	// ErrExists is returned by Add when the id is in use: live, or
	// deleted and not yet returned by Repair.
	ErrExists = errors.New("hnsw: id is in use")

	// ErrCorrupt is returned by Read when a snapshot is damaged, truncated or not
	// from this package. The graph must be rebuilt.
	ErrCorrupt = errors.New("hnsw: corrupt snapshot")

	// ErrVersion is returned by Read when a snapshot has an unknown format
	// version. The graph must be rebuilt.
	ErrVersion = errors.New("hnsw: unknown snapshot version")
)
