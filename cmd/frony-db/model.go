package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder"
	"github.com/fronyai/frony-db/embedder/builtin"
	"github.com/fronyai/frony-db/embedder/hub"
	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer"
)

// modelFlags say more of a model than its name does. They are for few, so that
// only 'frony-db model --help' tells of them.
type modelFlags struct {
	url     string // of a provider's server
	keyEnv  string // the variable with the provider's key
	profile string // YAML file
	engine  string
	ortLib  string
	int8    bool
	threads int

	filled *profile.Profile // what a collection was filled with; no flag
}

func (m *modelFlags) registerModel(f *pflag.FlagSet) {
	f.StringVar(&m.url, "model-url", "", "address of the provider's server")
	f.StringVar(&m.keyEnv, "model-key-env", "", "environment variable with the key for --model-url")
	f.StringVar(&m.profile, "model-profile", "", "YAML file with the model's profile")
	f.StringVar(&m.engine, "engine", "", "go or onnx")
	f.StringVar(&m.ortLib, "ort-lib", "", "ONNX Runtime's library")
	f.BoolVar(&m.int8, "int8", false, "weights as bytes")
	f.IntVar(&m.threads, "threads", 0, "cores for one batch")
	for _, name := range []string{"model-url", "model-key-env", "model-profile", "engine", "ort-lib", "int8", "threads"} {
		_ = f.MarkHidden(name) // it exists
	}
}

// openModel opens an embedding model by name and closes it when the program
// ends: "builtin" (or what it calls itself), "none" for no model, a directory,
// OWNER/NAME[@REVISION] in the hub's cache, or PROVIDER:MODEL. It never
// downloads anything.
func (a *app) openModel(ctx context.Context, name string) (embedder.Embedder, error) {
	if e, ok := a.models[name]; ok {
		return e, nil
	}
	e, err := a.loadModel(ctx, name, a.modelFlags)
	if err != nil || e == nil {
		return nil, err
	}
	if a.models == nil {
		a.models = map[string]embedder.Embedder{}
	}
	a.models[name] = e
	return e, nil
}

// closeModels closes what openModel opened. Nothing uses it any more.
func (a *app) closeModels() {
	for name, e := range a.models {
		if err := closeModel(e); err != nil {
			a.log.Error("closing the model", "model", name, "err", err)
		}
	}
	a.models = nil
}

func closeModel(e embedder.Embedder) error {
	if c, ok := e.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (a *app) loadModel(ctx context.Context, name string, m modelFlags) (embedder.Embedder, error) {
	provider, rest, remote := cutProvider(name)
	if m.url != "" && !remote {
		return nil, usageError{fmt.Errorf("--model-url is for a provider, as --model openai:MODEL; the model is %q", name)}
	}
	switch {
	case name == "none":
		return nil, nil
	case name == "builtin", name == builtin.New().Spec().Model:
		return builtin.New(), nil
	case remote:
		return a.openRemote(ctx, provider, rest, m)
	}
	f, err := a.findModel(name, m)
	if err != nil {
		return nil, err
	}
	return f.open(m)
}

// modelFiles are a model's files and how to read them.
type modelFiles struct {
	dir     string
	profile *profile.Profile // nil: the files' own
	engine  string
}

// hubID is what the hub calls a model, perhaps with a revision.
var hubID = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*)(?:@(\S+))?$`)

// findModel finds a model's files: in the directory that name is, or else in
// the hub's cache.
func (a *app) findModel(name string, m modelFlags) (modelFiles, error) {
	f := modelFiles{engine: m.engine, profile: m.filled}
	if m.profile != "" {
		p, err := profile.Load(m.profile)
		if err != nil {
			return f, fmt.Errorf("--model-profile: %w", err)
		}
		f.profile = &p
	}
	if _, err := os.Stat(name); err == nil {
		f.dir = name
		if id := cachedID(name); f.profile == nil && id != "" {
			f.profile = knownProfile(id)
		}
		return f, nil
	}
	id := hubID.FindStringSubmatch(name)
	if id == nil || strings.HasPrefix(name, ".") {
		return f, unknownModel(name)
	}
	if f.profile == nil {
		f.profile = knownProfile(id[1])
	}
	var err error
	f.dir, err = a.cachedModel(id[1], id[2], &f)
	return f, err
}

// knownProfile is the profile of a model whose files are known by name.
func knownProfile(id string) *profile.Profile {
	if p, ok := profile.Find(id); ok && p.Runtime != profile.Remote {
		return &p
	}
	return nil
}

// cachedID is the id of the model that a directory in a hub's cache holds.
func cachedID(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "frony-db.yaml")); err == nil {
		return "" // the directory's own profile comes first
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	snapshots := filepath.Dir(abs)
	id, ok := strings.CutPrefix(filepath.Base(filepath.Dir(snapshots)), "models--")
	if !ok || filepath.Base(snapshots) != "snapshots" {
		return ""
	}
	return strings.ReplaceAll(id, "--", "/")
}

// cachedModel finds the files that the engine reads, or those for the other
// engine if only they are there.
func (a *app) cachedModel(repo, revision string, f *modelFiles) (string, error) {
	graph := f.engine == transformer.EngineONNX || f.engine == "" && f.profile != nil && f.profile.Runtime == profile.ONNX
	h, err := a.hub(hub.Options{Select: selectFiles(graph)})
	if err != nil {
		return "", err
	}
	dir, err := h.Path(repo, revision)
	if errors.Is(err, hub.ErrNotCached) && f.engine == "" && !graph {
		if h, e := a.hub(hub.Options{Select: hub.ONNX}); e == nil {
			if dir, e := h.Path(repo, revision); e == nil {
				f.engine = transformer.EngineONNX
				return dir, nil
			}
		}
	}
	if errors.Is(err, hub.ErrNotCached) {
		return "", fmt.Errorf("model %s is %w (%s); download it: %s", at(repo, revision), hub.ErrNotCached, h.CacheDir(), pullCommand(repo, revision, graph))
	}
	return dir, err
}

func pullCommand(repo, revision string, graph bool) string {
	s := "frony-db model pull " + at(repo, revision)
	if graph {
		s += " --onnx"
	}
	return s
}

func at(repo, revision string) string {
	if revision == "" {
		return repo
	}
	return repo + "@" + revision
}

// selectFiles is what one of the two engines reads.
func selectFiles(graph bool) hub.Selector {
	if graph {
		return hub.ONNX
	}
	return hub.Safetensors
}

// hub is the cache that the environment names.
func (a *app) hub(o hub.Options) (*hub.Hub, error) {
	o.Logger = a.log
	return hub.New(&o)
}

func (f modelFiles) options(m modelFlags) *transformer.Options {
	return &transformer.Options{Profile: f.profile, Engine: f.engine, Library: m.ortLib, Int8: m.int8, Threads: m.threads}
}

func (f modelFiles) open(m modelFlags) (embedder.Embedder, error) {
	e, err := transformer.Open(f.dir, f.options(m))
	if err != nil {
		return nil, err
	}
	// A directory's last element would not lead back to it.
	abs, err := filepath.Abs(f.dir)
	if spec := e.Spec(); err == nil && spec.Revision == "" && spec.Model == filepath.Base(abs) {
		spec.Model = abs
		return named{e, spec}, nil
	}
	return e, nil
}

// named is a model that a collection is to remember by another name.
type named struct {
	*transformer.Embedder
	spec embedder.Spec
}

// Spec implements [embedder.Embedder].
func (n named) Spec() embedder.Spec { return n.spec }

func unknownModel(name string) error {
	if p, _, ok := strings.Cut(name, ":"); ok && !strings.ContainsAny(p, `/\`) && len(p) > 1 {
		return fmt.Errorf("model %q: there is no provider %q; there are %s", redacted(name), p, providerNames())
	}
	if strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("model %q: %w; name the directory of a model's files, or a model of the hub as OWNER/NAME", name, fs.ErrNotExist)
	}
	return fmt.Errorf("model %q is neither builtin, none, a directory, OWNER/NAME of the hub, nor PROVIDER:MODEL; name one with --model", name)
}

// redacted is a name to show: an address may hold a password.
func redacted(name string) string {
	p, rest, ok := strings.Cut(name, ":")
	if u, err := url.Parse(rest); ok && err == nil && u.User != nil {
		return p + ":" + u.Redacted()
	}
	return name
}

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
		if name = remoteName(spec); name == "" {
			return nil, fmt.Errorf("whose it is isn't known; name it: --model openai:%[1]s, upstage:%[1]s, ollama:%[1]s or tei:URL, or as model: in frony-db.yaml", spec.Model)
		}
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
	if v := a.variant(ctx, name, spec); v != nil {
		return v, nil
	}
	return e, nil // db names both fingerprints
}

// variant opens a model's files in the way that a collection was filled, if
// there is one: with another profile, as bytes, or with ONNX Runtime. All of
// that is in the fingerprint.
func (a *app) variant(ctx context.Context, name string, spec embedder.Spec) embedder.Embedder {
	if a.int8 || a.engine != "" || a.profile != "" || spec.WeightsHash == "" {
		return nil // the user has said how
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
		if err != nil || e == nil {
			continue
		}
		if e.Spec().Fingerprint() == spec.Fingerprint() {
			a.models[name+" as filled"] = e
			return e
		}
		if err := closeModel(e); err != nil {
			a.log.Error("closing the model", "model", name, "err", err)
		}
	}
	return nil
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
