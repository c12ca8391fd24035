package models

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer"
	"github.com/fronyai/frony-db/embedder/transformer/engine/ort"
)

// For opens the model that the flag names, or else the collection's.
func (o *Opener) For(ctx context.Context, spec *embedder.Spec) (embedder.Embedder, error) {
	switch {
	case o.Name != "":
		return o.Open(ctx, o.Name)
	case spec == nil:
		return nil, nil // embeddings are given
	}
	e, err := o.Reopen(ctx, *spec)
	if err != nil {
		return nil, fmt.Errorf("the collection was filled with the model %s: %w", At(spec.Model, spec.Revision), err)
	}
	return e, nil
}

// Reopen opens the model that a collection remembers.
func (o *Opener) Reopen(ctx context.Context, spec embedder.Spec) (embedder.Embedder, error) {
	name := spec.Model
	switch {
	case spec.Pooling == "remote":
		return o.reopenRemote(ctx, spec)
	case name == builtin.New().Spec().Model:
		name = Builtin
	case hubID.MatchString(name) && spec.Revision != "":
		name = At(name, spec.Revision)
	}
	e, err := o.Open(ctx, name)
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
	v, err := o.variant(ctx, name, spec)
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
func (o *Opener) variant(ctx context.Context, name string, spec embedder.Spec) (embedder.Embedder, error) {
	if o.Options.Int8 || o.Options.Engine != "" || o.Options.Profile != "" || spec.WeightsHash == "" {
		return nil, nil // the user has said how
	}
	plain := o.Options
	plain.filled = &profile.Profile{
		QueryPrefix: &spec.QueryPrefix, PassagePrefix: &spec.PassagePrefix, Pooling: spec.Pooling,
		Dims: spec.Dims, HeadDims: spec.HeadDims, MaxTokens: spec.MaxTokens,
	}
	bytes, graph := plain, plain
	bytes.Int8, graph.Engine = true, transformer.EngineONNX
	for _, opts := range []Options{plain, bytes, graph} {
		e, err := o.load(ctx, name, opts)
		if errors.Is(err, ort.ErrNotBuilt) || errors.Is(err, ort.ErrLibrary) {
			return nil, err
		}
		if err != nil || e == nil {
			continue
		}
		if e.Spec().Fingerprint() == spec.Fingerprint() {
			o.keep(name+" as filled", e)
			return e, nil
		}
		o.close(name, e)
	}
	return nil, nil
}

// Former opens the model that a collection was filled with, whatever the options
// say of another one. It is closed with the others.
func (o *Opener) Former(ctx context.Context, spec embedder.Spec) (embedder.Embedder, error) {
	plain := Opener{Log: o.Log}
	e, err := plain.Reopen(ctx, spec)
	for name, m := range plain.opened {
		o.keep("former "+name, m)
	}
	if err == nil && e != nil && e.Spec().Fingerprint() != spec.Fingerprint() {
		return nil, fmt.Errorf("%s is another model by now, with the fingerprint %.12s where %.12s was", At(spec.Model, spec.Revision), e.Spec().Fingerprint(), spec.Fingerprint())
	}
	return e, err
}
