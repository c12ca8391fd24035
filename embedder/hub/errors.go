package hub

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNotCached is returned when a model is not in the cache, or not complete, and
	// the network must not be used.
	ErrNotCached = errors.New("not in the cache")

	// ErrUnauthorized is returned when the Hub wants a token, or another one. The Hub
	// answers the same for repositories that do not exist.
	ErrUnauthorized = errors.New("unauthorized")

	// ErrForbidden is returned when the token has no access: the repository is private,
	// or it is gated and its terms have not been accepted.
	ErrForbidden = errors.New("forbidden")

	// ErrNotFound is returned when there is no such repository, revision or
	// file.
	ErrNotFound = errors.New("not found")

	// ErrNoWeights is returned when a repository has no weights that the engine
	// can read.
	ErrNoWeights = errors.New("no usable weights")

	// ErrRateLimited is returned when the Hub asks for a longer wait than Pull is willing
	// to wait.
	ErrRateLimited = errors.New("rate limited")

	// ErrServer is returned when the Hub fails, after retries.
	ErrServer = errors.New("server error")

	// ErrNetwork is returned when the Hub cannot be reached or the connection keeps
	// breaking, after retries.
	ErrNetwork = errors.New("network error")

	// ErrDiskFull is returned when the cache's disk is full.
	ErrDiskFull = errors.New("disk full")

	// ErrChecksum is returned when a file does not match the Hub's checksum, after a
	// second download.
	ErrChecksum = errors.New("checksum mismatch")

	// ErrInvalid is returned for an invalid name, revision or option.
	ErrInvalid = errors.New("invalid argument")
)

// Error says what failed and what to do about it.
type Error struct {
	Op       string // "pull", "verify", …
	Repo     string // "ORG/NAME"
	Revision string // may be empty
	File     string // may be empty
	Status   int    // of the HTTP response, or 0
	Hint     string // what to do about it, or empty
	Err      error
}

func (e *Error) Error() string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "hub: %s %s", e.Op, e.Repo)
	if e.Revision != "" {
		fmt.Fprintf(&sb, "@%s", e.Revision)
	}
	if e.File != "" {
		fmt.Fprintf(&sb, ": %s", e.File)
	}
	if e.Err != nil {
		fmt.Fprintf(&sb, ": %v", e.Err)
	}
	if e.Status != 0 {
		fmt.Fprintf(&sb, " (HTTP %d)", e.Status)
	}
	if e.Hint != "" {
		fmt.Fprintf(&sb, "; %s", e.Hint)
	}
	return sb.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// at fills in where err happened, if it does not say so itself.
func at(err error, op string, r repo, revision, file string) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return &Error{Op: op, Repo: r.id, Revision: revision, File: file, Err: err}
	}
	c := *e
	c.Op, c.Repo, c.Revision = op, r.id, revision
	if c.File == "" {
		c.File = file
	}
	return &c
}
