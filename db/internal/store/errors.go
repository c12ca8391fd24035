package store

import "errors"

var (
	// ErrLocked is returned when another process has the store open.
	ErrLocked = errors.New("database is locked")
	// ErrFormat is returned when the store was written by a newer version, or not by this program.
	ErrFormat = errors.New("database has an unknown format")
	// ErrExists is returned when an insert names a document that exists.
	ErrExists = errors.New("document exists")
	// ErrTooLarge is returned when a batch does not fit in one transaction.
	ErrTooLarge = errors.New("batch is too large for one transaction")
	// ErrNoCollection is returned when a collection does not exist.
	ErrNoCollection = errors.New("no such collection")
	// ErrCollectionExists is returned when a collection is created twice.
	ErrCollectionExists = errors.New("collection exists")
	// ErrReadOnly is returned by writes to a store that was opened read-only.
	ErrReadOnly = errors.New("database is read-only")
	// ErrDiskFull is returned when too little disk space is left to write safely.
	ErrDiskFull = errors.New("disk is full")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("store is closed")
	// ErrChanged is returned when a document has another version than a batch requires.
	ErrChanged = errors.New("document has changed")
	// ErrCorrupt is returned when a stored value cannot be decoded.
	ErrCorrupt = errors.New("stored value is corrupt")
)

// ExistsError names the documents that made an insert fail.
type ExistsError struct{ IDs []string }

func (e *ExistsError) Error() string { return ErrExists.Error() }

// Unwrap makes errors.Is(err, ErrExists) true.
func (e *ExistsError) Unwrap() error { return ErrExists }
