package models

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/usage"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer"
)

// Files are a model's files and how to read them.
type Files struct {
	Dir     string
	Profile *profile.Profile // nil: the files' own
	engine  string
}

// Find finds the files of a model. It returns an error for models without files.
func (o *Opener) Find(name string) (Files, error) {
	if IsRemote(name) || name == Builtin || name == None {
		return Files{}, usage.Errorf("model %s has no files; name a directory, or OWNER/NAME of the hub", cmp.Or(Redacted(name), `""`))
	}
	return o.find(name, o.Options)
}

// find finds the files of a model: in the directory of that name, or else in the
// hub's cache.
func (o *Opener) find(name string, opts Options) (Files, error) {
	f := Files{engine: opts.Engine, Profile: opts.filled}
	if opts.Profile != "" {
		p, err := profile.Load(opts.Profile)
		if err != nil {
			return f, fmt.Errorf("--model-profile: %w", err)
		}
		f.Profile = &p
	}
	if _, err := os.Stat(name); err == nil {
		f.Dir = name
		if id := cachedID(name); f.Profile == nil && id != "" {
			f.Profile = Known(id)
		}
		return f, nil
	}
	id := hubID.FindStringSubmatch(name)
	if id == nil || strings.HasPrefix(name, ".") {
		return f, unknown(name)
	}
	if f.Profile == nil {
		f.Profile = Known(id[1])
	}
	var err error
	f.Dir, err = o.cached(id[1], id[2], &f)
	return f, err
}

func (f Files) options(opts Options) *transformer.Options {
	return &transformer.Options{Profile: f.Profile, Engine: f.engine, Library: opts.ORTLibrary, Int8: opts.Int8, Threads: opts.Threads}
}

func (f Files) open(opts Options) (embedder.Embedder, error) {
	e, err := transformer.Open(f.Dir, f.options(opts))
	if err != nil {
		return nil, err
	}
	// The directory's base name alone would not lead back to it.
	abs, err := filepath.Abs(f.Dir)
	if spec := e.Spec(); err == nil && spec.Revision == "" && spec.Model == filepath.Base(abs) {
		spec.Model = abs
		return named{e, spec}, nil
	}
	return e, nil
}

// named is a model that collections remember by another name.
type named struct {
	*transformer.Embedder
	spec embedder.Spec
}

// Spec implements [embedder.Embedder].
func (n named) Spec() embedder.Spec { return n.spec }
