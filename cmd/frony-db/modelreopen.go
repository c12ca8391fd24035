package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer"
	"github.com/fronyai/frony-db/embedder/transformer/engine/ort"
)

// embedderFor opens the model that the flag names, or else the collection's.
func (a *app) embedderFor(ctx context.Context, spec *embedder.Spec) (embedder.Embedder, error) {
	switch {
	case a.model != "":
		return a.openModel(ctx, a.model)
	case spec == nil:
		return nil, nil // embeddings are given
	}
	e, err := a.reopen(ctx, *spec)
	if err != nil {
		return nil, fmt.Errorf("the collection was filled with the model %s: %w", at(spec.Model, spec.Revision), err)
	}
	return e, nil
}

// reopen opens the model that a collection remembers.
func (a *app) reopen(ctx context.Context, spec embedder.Spec) (embedder.Embedder, error) {
	name := spec.Model
	switch {
	case spec.Pooling == "remote":
		return a.reopenRemote(ctx, spec)
	case name == builtin.New().Spec().Model:
		name = "builtin"
	case hubID.MatchString(name) && spec.Revision != "":
		name = at(name, spec.Revision)
	}
	e, err := a.openModel(ctx, name)
	switch {
	case err == nil:
	case filepath.IsAbs(name):
		return nil, fmt.Errorf("%w (if its directory has moved, name it with --model)", err)
	case spec.WeightsHash != "" && spec.Revision == "":
		return nil, fmt.Errorf("it had that name from a directory's frony-db.yaml; name the directory with --model (as a name: %w)", err)
	default:
		return nil, err
	}
	if e == nil || e.Spec().Fingerprint() == spec.Fingerprint() {
		return e, nil
	}
	v, err := a.variant(ctx, name, spec)
	if err != nil {
		return nil, fmt.Errorf("not as its files are now, but perhaps with --engine onnx: %w", err)
	}
	if v != nil {
		return v, nil
	}
	return e, nil // db names both fingerprints
}

// variant opens a model's files in the way that a collection was filled, if
// there is one: with another profile, as bytes, or with ONNX Runtime. All of
// that is in the fingerprint. It is an error if that can't be seen, for there is
// a graph and no runtime.
func (a *app) variant(ctx context.Context, name string, spec embedder.Spec) (embedder.Embedder, error) {
	if a.int8 || a.engine != "" || a.profile != "" || spec.WeightsHash == "" {
		return nil, nil // the user has said how
	}
	m := a.modelFlags
	m.filled = &profile.Profile{
		QueryPrefix: &spec.QueryPrefix, PassagePrefix: &spec.PassagePrefix, Pooling: spec.Pooling,
		Dims: spec.Dims, HeadDims: spec.HeadDims, MaxTokens: spec.MaxTokens,
	}
	bytes, graph := m, m
	bytes.int8, graph.engine = true, transformer.EngineONNX
	for _, m := range []modelFlags{m, bytes, graph} {
		e, err := a.loadModel(ctx, name, m)
		if errors.Is(err, ort.ErrNotBuilt) || errors.Is(err, ort.ErrLibrary) {
			return nil, err
		}
		if err != nil || e == nil {
			continue
		}
		if e.Spec().Fingerprint() == spec.Fingerprint() {
			a.keep(name+" as filled", e)
			return e, nil
		}
		if err := closeModel(e); err != nil {
			a.log.Error("closing the model", "model", name, "err", err)
		}
	}
	return nil, nil
}

// servedModel opens the model of a program that serves a whole database: the
// one that the flag names, else the one that its collections were filled with,
// if that is one, else the builtin.
func (a *app) servedModel(ctx context.Context) (embedder.Embedder, error) {
	if a.model != "" {
		return a.openModel(ctx, a.model)
	}
	specs, err := a.databaseModels(ctx)
	if err != nil {
		return nil, err
	}
	if len(specs) == 1 {
		for _, s := range specs {
			return a.embedderFor(ctx, &s)
		}
	}
	if len(specs) > 1 {
		a.log.Warn("the collections have more than one model; those of another than builtin can't be searched by text; choose one with --model", "models", len(specs))
	}
	return a.openModel(ctx, "builtin")
}

// databaseModels are the models of the database's collections, by fingerprint.
func (a *app) databaseModels(ctx context.Context) (map[string]embedder.Spec, error) {
	d, err := db.Open(a.dir, &db.Options{Logger: a.log, MustExist: true})
	if errors.Is(err, db.ErrNotDatabase) {
		return nil, nil // the caller says what it thinks of that
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
