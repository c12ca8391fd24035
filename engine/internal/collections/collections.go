// Package collections is what engines do alike with the collections of a database.
package collections

import (
	"errors"
	"iter"

	"github.com/fronyai/frony-db/db"
)

// Open returns what existing does. If there is no collection, it is created, unless the
// options demand that it exists or the database is only read.
func Open[C any](name string, o *db.CollectionOptions, opts *db.Options, existing func() (C, error), create func(*db.Rules) error) (C, error) {
	c, err := existing()
	if !errors.Is(err, db.ErrNoCollection) || o != nil && o.MustExist {
		return c, err
	}
	if opts.ReadOnly {
		return c, db.ErrReadOnly
	}
	r, err := db.NewRules(name, o, opts)
	if err != nil {
		return c, err
	}
	if err := create(r); err != nil {
		return c, err
	}
	return existing() // another process may have been faster
}

// All yields what describe returns.
func All(describe func() ([]db.CollectionInfo, error)) iter.Seq2[db.CollectionInfo, error] {
	return func(yield func(db.CollectionInfo, error) bool) {
		all, err := describe()
		if err != nil {
			yield(db.CollectionInfo{}, err)
			return
		}
		for _, info := range all {
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Describe describes a collection by its settings, whatever its model is.
func Describe(name string, settings []byte, opts *db.Options) (*db.Rules, error) {
	return db.OpenRules(name, settings, nil, &db.Options{Embedder: opts.Embedder, AllowModelMismatch: true})
}
