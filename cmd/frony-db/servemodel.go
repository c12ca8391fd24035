package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
)

// servedModel opens the model for serving a whole database: the one that the flag
// names, else the one that all its collections were filled with, else the builtin.
func (a *app) servedModel(ctx context.Context) (embedder.Embedder, error) {
	if a.models.Name != "" {
		return a.models.Open(ctx, a.models.Name)
	}
	specs, err := a.databaseModels(ctx)
	if err != nil {
		return nil, err
	}
	return a.modelOf(ctx, specs)
}

// databaseModels are the models of the database's collections, by fingerprint.
func (a *app) databaseModels(ctx context.Context) (map[string]embedder.Spec, error) {
	d, err := a.openToRead()
	if errors.Is(err, db.ErrNotDatabase) {
		return nil, nil // the caller reports it, if it matters
	}
	if err != nil {
		return nil, err
	}
	specs := map[string]embedder.Spec{}
	for info, e := range d.Collections(ctx) {
		if err = cmp.Or(err, e); info.Model != nil {
			specs[info.Model.Fingerprint()] = *info.Model
		}
	}
	return specs, errors.Join(err, d.Close())
}
