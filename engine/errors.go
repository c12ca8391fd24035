package engine

import "errors"

var (
	// ErrUnsupported is returned for what an engine does not do. The error's hint says
	// what to use instead.
	ErrUnsupported = errors.New("the engine does not support it")
	// ErrUnavailable is returned when the servers that an engine depends on cannot be
	// reached, or refuse for now. Nothing was written.
	ErrUnavailable = errors.New("the engine's servers are not available")
	// ErrUnknownOutcome is returned by a write whose answer was lost: each of its
	// documents may have been written or not. Upserts, replacements, updates and deletes
	// can be sent again.
	ErrUnknownOutcome = errors.New("the outcome of the write is unknown")
)
