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

// For opens the model that the user chose, or else the collection's. A nil spec means
// a collection of precomputed embeddings.
func (o *Opener) For(ctx context.Context, spec *embedder.Spec) (embedder.Embedder, error) {
	switch {
	case o.Name != "":
		return o.Open(ctx, o.Name)
	case spec == nil:
		return nil, nil
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
		return nil, fmt.Errorf("%w (if its directory was moved, name it with --model)", err)
	case spec.WeightsHash != "" && spec.Revision == "":
		return nil, fmt.Errorf("the name comes from the frony-db.yaml of a directory; name the directory with --model (as a name: %w)", err)
	default:
		return nil, err
	}
	if e == nil || e.Spec().Fingerprint() == spec.Fingerprint() {
		return e, nil
	}
	v, err := o.variant(ctx, name, spec)
	if err != nil {
		return nil, fmt.Errorf("its files do not match, but might with --model-engine onnx: %w", err)
	}
	if v != nil {
		return v, nil
	}
	return e, nil // package db reports both fingerprints
}

// variant opens a model's files as they were opened to fill a collection: with
// another profile, with 8-bit weights, or with ONNX Runtime. The fingerprint tells
// which. If none matches it returns nil. It returns an error if ONNX Runtime is
// needed to find out, and missing.
func (o *Opener) variant(ctx context.Context, name string, spec embedder.Spec) (embedder.Embedder, error) {
	if o.Options.Int8 || o.Options.Engine != "" || o.Options.Profile != "" || spec.WeightsHash == "" {
		return nil, nil // the user chose how
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

// Former opens the model that a collection was filled with, ignoring the options,
// which are for another model. Close closes it too.
func (o *Opener) Former(ctx context.Context, spec embedder.Spec) (embedder.Embedder, error) {
	plain := Opener{Log: o.Log}
	e, err := plain.Reopen(ctx, spec)
	for name, m := range plain.opened {
		o.keep("former "+name, m)
	}
	if err == nil && e != nil && e.Spec().Fingerprint() != spec.Fingerprint() {
		return nil, fmt.Errorf("%s has changed since the collection was filled: fingerprint %.12s, want %.12s", At(spec.Model, spec.Revision), e.Spec().Fingerprint(), spec.Fingerprint())
	}
	return e, err
}
