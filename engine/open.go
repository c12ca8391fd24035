package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/fronyai/frony-db/db"
)

// An Opener opens the database that a URL names. Nil options are the defaults.
type Opener func(ctx context.Context, url string, opts *db.Options) (DB, error)

var (
	mu      sync.Mutex // guards openers
	openers = map[string]Opener{}
)

// Register makes Open use an engine for URLs of a scheme. Packages of engines do so when
// they are imported. It panics if the scheme has one.
func Register(scheme string, open Opener) {
	mu.Lock()
	defer mu.Unlock()
	if openers[scheme] != nil {
		panic("engine: the scheme " + scheme + " is registered twice")
	}
	openers[scheme] = open
}

// Open opens a database: a directory by its path, or that of another engine by its URL.
// The engine's package must be imported:
//
//	import _ "github.com/fronyai/frony-db/engine/postgres"
//
//	d, err := engine.Open(ctx, "postgres://localhost/app", &db.Options{Embedder: e})
//
// It returns db.ErrInvalidOptions for a scheme without an engine, and the errors of
// db.Open.
func Open(ctx context.Context, url string, opts *db.Options) (DB, error) {
	scheme, _, isURL := strings.Cut(url, "://")
	if !isURL {
		d, err := db.Open(url, opts)
		if err != nil {
			return nil, err
		}
		return Local(d), nil
	}
	mu.Lock()
	open := openers[scheme]
	known := slices.Sorted(maps.Keys(openers))
	mu.Unlock()
	if open == nil {
		return nil, &db.Error{
			Op: "open engine", Input: scheme, Err: fmt.Errorf("%w: there is no engine for %s://", db.ErrInvalidOptions, scheme),
			Hint: fmt.Sprintf("use a directory, or a URL of one of %q", known),
		}
	}
	return open(ctx, url, opts)
}
