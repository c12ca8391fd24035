package main

import (
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
	a.keep(name, e)
	return e, nil
}

// keep has a model found again by name, and closed at the end.
func (a *app) keep(name string, e embedder.Embedder) {
	if a.models == nil {
		a.models = map[string]embedder.Embedder{}
	}
	a.models[name] = e
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
