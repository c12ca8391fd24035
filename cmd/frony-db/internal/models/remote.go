package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/remote"
)

var providers = []remote.Provider{remote.OpenAI, remote.Upstage, remote.TEI, remote.Ollama}

func providerNames() string {
	var names []string
	for _, p := range providers {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// cutProvider splits PROVIDER:MODEL.
func cutProvider(name string) (p remote.Provider, model string, ok bool) {
	before, model, ok := strings.Cut(name, ":")
	p = remote.Provider(before)
	return p, model, ok && slices.Contains(providers, p)
}

// IsRemote reports whether a name is a provider's model.
func IsRemote(name string) bool {
	_, _, ok := cutProvider(name)
	return ok
}

// openRemote opens a model that a provider runs. Text Embeddings Inference has
// one model, so what is named is its address.
func (o *Opener) openRemote(ctx context.Context, p remote.Provider, model string, opts Options) (embedder.Embedder, error) {
	if opts.Profile != "" || opts.Engine != "" || opts.Int8 {
		return nil, usage.Errorf("--model-profile, --engine and --int8 are for a model's files; %s runs its models itself", p)
	}
	r := remoteOptions(p, model)
	r.BaseURL, r.KeyEnv, r.Log = cmp.Or(r.BaseURL, opts.URL), opts.KeyEnv, o.Log
	if p != remote.TEI && model == "" {
		return nil, usage.Errorf("--model %s: wants the model's name, as %s:MODEL", p, p)
	}
	e, err := remote.Open(ctx, r)
	if err != nil {
		return nil, remoteHint(p, err)
	}
	// Only the server knows which model it runs, and only then do we know the
	// prefixes that the model was trained with.
	if f := Known(e.Spec().Model); p == remote.TEI && f != nil {
		known := remote.FromProfile(*f)
		known.Provider, known.BaseURL, known.KeyEnv, known.Log = p, r.BaseURL, r.KeyEnv, r.Log
		if e, err = remote.Open(ctx, known); err != nil {
			return nil, remoteHint(p, err)
		}
	}
	return e, nil
}

// remoteOptions are what is known of a provider's model.
func remoteOptions(p remote.Provider, model string) remote.Options {
	if p == remote.TEI {
		return remote.Options{Provider: p, BaseURL: model}
	}
	if p == remote.Upstage {
		// The role is in the name: solar-embedding-1-large-query, …-passage.
		stem := strings.TrimSuffix(strings.TrimSuffix(model, "-query"), "-passage")
		if f, ok := profile.Find(stem + "-passage"); ok {
			return remote.FromProfile(f)
		}
		if stem == "" {
			return remote.Options{Provider: p}
		}
		return remote.Options{Provider: p, Model: stem + "-passage", QueryModel: stem + "-query"}
	}
	o := remote.Options{}
	if f, ok := profile.Find(model); ok {
		o = remote.FromProfile(f)
	}
	o.Provider, o.Model = p, model
	return o
}

// remoteHint adds the way out, where only the command line has one.
func remoteHint(p remote.Provider, err error) error {
	switch {
	case errors.Is(err, remote.ErrOptions) && p == remote.TEI:
		return usage.Errorf("%w; the address is as in --model tei:http://127.0.0.1:8080, KeyEnv is --model-key-env", err)
	case errors.Is(err, remote.ErrOptions):
		return usage.Errorf("%w; the address is --model-url, KeyEnv is --model-key-env", err)
	case errors.Is(err, remote.ErrUnavailable) && (p == remote.Ollama || p == remote.TEI):
		return fmt.Errorf("%w; is the server running?", err)
	}
	return err
}

// reopenRemote opens the provider's model that a collection remembers. The
// database may be someone else's: keys come from the user's variables alone,
// and texts go where the user says, to the provider's own address, or to this
// machine, but nowhere else on the database's word.
func (o *Opener) reopenRemote(ctx context.Context, spec embedder.Spec) (embedder.Embedder, error) {
	p, model := remoteName(spec)
	if !slices.Contains(providers, p) {
		return nil, fmt.Errorf("whose it is isn't known; name it: --model openai:%[1]s, upstage:%[1]s, ollama:%[1]s or tei:URL, or as model: in frony-db.yaml", spec.Model)
	}
	opts := o.Options
	if opts.URL == "" && spec.Address != "" {
		if !remote.Local(spec.Address) {
			return nil, fmt.Errorf("it was asked at %q, and nothing is sent there unless you say so: --model-url with the address (or FRONYDB_MODEL_URL, or model-url: in frony-db.yaml), and --model-key-env where it wants a key", spec.Address)
		}
		opts.URL, opts.KeyEnv = spec.Address, "" // the key is for an address of the user's
	}
	key := string(p) + ":" + model + " at " + opts.URL
	if e, ok := o.opened[key]; ok {
		return e, nil
	}
	e, err := o.openRemote(ctx, p, model, opts)
	if errors.Is(err, remote.ErrKey) && opts.KeyEnv != o.Options.KeyEnv {
		return nil, fmt.Errorf("%w; for the key to be sent there name the address: --model-url %s", err, opts.URL)
	}
	if err != nil {
		return nil, err
	}
	o.keep(key, e)
	return e, nil
}

// remoteName is whose model a Spec's is, and how openRemote is told of it.
func remoteName(s embedder.Spec) (remote.Provider, string) {
	p := remote.Provider(s.Provider)
	if f, ok := profile.Find(s.Model); p == "" && ok && f.Runtime == profile.Remote {
		p = remote.Provider(f.Provider) // of a database that didn't remember it
	}
	if p == remote.TEI {
		return p, "" // it is named by its address
	}
	return p, s.Model
}
