package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/models"
	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/engine"
)

// ownFlags are the flags of serve that are about the embedded database alone.
var ownFlags = []string{"recall-sample", "no-questions", "check-rate", "cache-bytes", "backup-dir"}

// checkServedEngine refuses an engine together with flags of the embedded database: they
// would be ignored.
func (a *app) checkServedEngine() error {
	if a.engine == "" {
		return nil
	}
	for _, name := range ownFlags {
		if a.from[name] == fromFlag {
			return usage.Errorf("--engine and --%s exclude each other: --%s is about a database in a directory", name, name)
		}
	}
	return nil
}

// openEngine opens the database that --engine names, with the model that --model names,
// else the one that all its collections were filled with, else the builtin.
func (a *app) openEngine(ctx context.Context, readOnly bool) (engine.DB, embedder.Embedder, error) {
	o := db.Options{Logger: a.log, ReadOnly: readOnly, AllowModelMismatch: true}
	var err error
	if a.models.Name == "" {
		o.Embedder, err = a.engineModel(ctx, o)
	} else {
		o.Embedder, err = a.models.Open(ctx, a.models.Name)
	}
	if err != nil {
		return nil, nil, err
	}
	d, err := engine.Open(ctx, a.engine, &o)
	return d, o.Embedder, err
}

func (a *app) engineModel(ctx context.Context, o db.Options) (embedder.Embedder, error) {
	d, err := engine.Open(ctx, a.engine, &o)
	if err != nil {
		return nil, err
	}
	specs := map[string]embedder.Spec{}
	for info, e := range d.Collections(ctx) {
		if err = cmp.Or(err, e); info.Model != nil {
			specs[info.Model.Fingerprint()] = *info.Model
		}
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	return a.modelOf(ctx, specs)
}

// modelOf opens the model of collections, or the builtin if they have none or several.
func (a *app) modelOf(ctx context.Context, specs map[string]embedder.Spec) (embedder.Embedder, error) {
	if len(specs) == 1 {
		for _, s := range specs {
			return a.models.For(ctx, &s)
		}
	}
	if len(specs) > 1 {
		a.log.Warn("the collections have different models; only those of the builtin model can be searched by meaning, the others by words; choose another with --model", "models", len(specs))
	}
	return a.models.Open(ctx, models.Builtin)
}
