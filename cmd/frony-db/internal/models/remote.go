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

// cutProvider splits PROVIDER:MODEL. It returns false for other names.
func cutProvider(name string) (p remote.Provider, model string, ok bool) {
	before, model, ok := strings.Cut(name, ":")
	p = remote.Provider(before)
	return p, model, ok && slices.Contains(providers, p)
}

// IsRemote reports whether a name is that of a provider's model.
func IsRemote(name string) bool {
	_, _, ok := cutProvider(name)
	return ok
}

// openRemote opens a provider's model. A server of Text Embeddings Inference has only
// one model, so its name is the server's address.
func (o *Opener) openRemote(ctx context.Context, p remote.Provider, model string, opts Options) (embedder.Embedder, error) {
	if opts.Profile != "" || opts.Engine != "" || opts.Int8 {
		return nil, usage.Errorf("--model-profile, --model-engine and --int8 need a model with files; %s runs its models itself", p)
	}
	r := remoteOptions(p, model)
	r.BaseURL, r.KeyEnv, r.Log = cmp.Or(r.BaseURL, opts.URL), opts.KeyEnv, o.Log
	if p != remote.TEI && model == "" {
		return nil, usage.Errorf("--model %s: add the model's name, as in %s:MODEL", p, p)
	}
	e, err := remote.Open(ctx, r)
	if err != nil {
		return nil, remoteHint(p, err)
	}
	// Only the server knows which model it runs. Its prefixes are known from then on.
	if f := Known(e.Spec().Model); p == remote.TEI && f != nil {
		known := remote.FromProfile(*f)
		known.Provider, known.BaseURL, known.KeyEnv, known.Log = p, r.BaseURL, r.KeyEnv, r.Log
		if e, err = remote.Open(ctx, known); err != nil {
			return nil, remoteHint(p, err)
		}
	}
	return e, nil
}

// remoteOptions are the options that are known for a provider's model.
func remoteOptions(p remote.Provider, model string) remote.Options {
	if p == remote.TEI {
		return remote.Options{Provider: p, BaseURL: model}
	}
	if p == remote.Upstage {
		// The name contains the role: solar-embedding-1-large-query, …-passage.
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

// remoteHint adds hints that only apply to the command line.
func remoteHint(p remote.Provider, err error) error {
	switch {
	case errors.Is(err, remote.ErrOptions) && p == remote.TEI:
		return usage.Errorf("%w; write the address as in --model tei:http://127.0.0.1:8080; KeyEnv is --model-key-env", err)
	case errors.Is(err, remote.ErrOptions):
		return usage.Errorf("%w; set the address with --model-url; KeyEnv is --model-key-env", err)
	case errors.Is(err, remote.ErrUnavailable) && (p == remote.Ollama || p == remote.TEI):
		return fmt.Errorf("%w; is the server running?", err)
	}
	return err
}

// reopenRemote opens the provider's model that a collection remembers. The database
// may come from someone else. So keys come only from the user's environment, and
// texts are sent only to an address that the user named, to the provider's own, or
// to this machine, never to another address that the database names.
func (o *Opener) reopenRemote(ctx context.Context, spec embedder.Spec) (embedder.Embedder, error) {
	p, model := remoteName(spec)
	if !slices.Contains(providers, p) {
		return nil, fmt.Errorf("its provider is not known; name it with --model openai:%[1]s, upstage:%[1]s, ollama:%[1]s or tei:URL, or with model: in frony-db.yaml", spec.Model)
	}
	opts := o.Options
	if opts.URL == "" && spec.Address != "" {
		if !remote.Local(spec.Address) {
			return nil, fmt.Errorf("its address is %q, and nothing is sent there without your consent; name the address with --model-url (or FRONYDB_MODEL_URL, or model-url: in frony-db.yaml), and its key with --model-key-env", spec.Address)
		}
		opts.URL, opts.KeyEnv = spec.Address, "" // the key is only for addresses that the user names
	}
	key := string(p) + ":" + model + " at " + opts.URL
	if e, ok := o.opened[key]; ok {
		return e, nil
	}
	e, err := o.openRemote(ctx, p, model, opts)
	if errors.Is(err, remote.ErrKey) && opts.KeyEnv != o.Options.KeyEnv {
		return nil, fmt.Errorf("%w; to send the key there, name the address: --model-url %s", err, opts.URL)
	}
	if err != nil {
		return nil, err
	}
	o.keep(key, e)
	return e, nil
}

// remoteName is the provider and the name of a Spec's model, for openRemote.
func remoteName(s embedder.Spec) (remote.Provider, string) {
	p := remote.Provider(s.Provider)
	if f, ok := profile.Find(s.Model); p == "" && ok && f.Runtime == profile.Remote {
		p = remote.Provider(f.Provider) // the database may not remember it
	}
	if p == remote.TEI {
		return p, "" // its name is its address
	}
	return p, s.Model
}
