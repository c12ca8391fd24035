// Package models opens embedding models by name: the builtin one, a directory, a
// model in the Hugging Face cache, or a provider's. It never downloads anything.
package models

import (
	"context"
	"io"
	"log/slog"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/profile"
)

// Names of models without files.
const (
	Builtin = "builtin" // the model embedded in the program
	None    = "none"    // no model: embeddings are precomputed
)

// Options complete the name of a model.
type Options struct {
	URL        string // of a provider's server
	KeyEnv     string // environment variable that holds the provider's key
	Profile    string // YAML file
	Engine     string // "go", "onnx", or empty for the one that the model needs
	ORTLibrary string // path of ONNX Runtime's library
	Int8       bool   // 8-bit weights
	Threads    int    // CPU cores per batch; 0 means all

	filled *profile.Profile // what a collection was filled with
}

// Opener opens models and keeps them open until it is closed. It is not safe for
// concurrent use.
type Opener struct {
	Name    string // the model that the user chose; empty means the collection's own
	Options Options
	Log     *slog.Logger

	opened map[string]embedder.Embedder
}

// Open opens a model by name: Builtin (or its full name), None for no model, a
// directory, OWNER/NAME[@REVISION] in the hub's cache, or PROVIDER:MODEL. An open
// model is returned again.
func (o *Opener) Open(ctx context.Context, name string) (embedder.Embedder, error) {
	if e, ok := o.opened[name]; ok {
		return e, nil
	}
	e, err := o.load(ctx, name, o.Options)
	if err != nil || e == nil {
		return nil, err
	}
	o.keep(name, e)
	return e, nil
}

// keep remembers an open model by name, for Open and Close.
func (o *Opener) keep(name string, e embedder.Embedder) {
	if o.opened == nil {
		o.opened = map[string]embedder.Embedder{}
	}
	o.opened[name] = e
}

// Close closes all models, which must not be used any more.
func (o *Opener) Close() {
	for name, e := range o.opened {
		o.close(name, e)
	}
	o.opened = nil
}

func (o *Opener) close(name string, e embedder.Embedder) {
	if c, ok := e.(io.Closer); ok {
		if err := c.Close(); err != nil {
			o.Log.Error("closing the model", "model", name, "err", err)
		}
	}
}

// load opens a model without keeping it.
func (o *Opener) load(ctx context.Context, name string, opts Options) (embedder.Embedder, error) {
	provider, rest, remote := cutProvider(name)
	if opts.URL != "" && !remote {
		return nil, usage.Errorf("--model-url needs a provider's model, such as --model openai:MODEL, not %q", name)
	}
	switch {
	case name == None:
		return nil, nil
	case name == Builtin, name == builtin.New().Spec().Model:
		return builtin.New(), nil
	case remote:
		return o.openRemote(ctx, provider, rest, opts)
	}
	f, err := o.find(name, opts)
	if err != nil {
		return nil, err
	}
	return f.open(opts)
}
