//go:build !native || !cgo

package ort

import "github.com/fronyai/frony-db/embedder/transformer/engine"

// New returns ErrNotBuilt.
func New(string, engine.Config, *Options) (query, passage engine.Engine, err error) {
	return nil, nil, ErrNotBuilt
}
