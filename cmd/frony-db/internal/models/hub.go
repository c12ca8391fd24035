package models

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/embedder/hub"
	"github.com/fronyai/frony-db/embedder/profile"
	"github.com/fronyai/frony-db/embedder/transformer"
)

// Known is the profile of a well-known model with files, or nil.
func Known(id string) *profile.Profile {
	if p, ok := profile.Find(id); ok && p.Runtime != profile.Remote {
		return &p
	}
	return nil
}

// cachedID is the id of the model in a directory of a hub's cache, or empty.
func cachedID(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, "frony-db.yaml")); err == nil {
		return "" // the directory's own profile takes precedence
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

// Cached is the directory of a model in the hub's cache.
func (o *Opener) Cached(repo, revision string) (string, error) {
	return o.cached(repo, revision, &Files{engine: o.Options.Engine, Profile: Known(repo)})
}

// cached finds the files for the engine. If only those for the other engine are
// cached, it chooses that one.
func (o *Opener) cached(repo, revision string, f *Files) (string, error) {
	graph := f.engine == transformer.EngineONNX || f.engine == "" && f.Profile != nil && f.Profile.Runtime == profile.ONNX
	h, err := o.Hub(hub.Options{Select: Selector(graph)})
	if err != nil {
		return "", err
	}
	dir, err := h.Path(repo, revision)
	if errors.Is(err, hub.ErrNotCached) && f.engine == "" && !graph {
		if h, e := o.Hub(hub.Options{Select: hub.ONNX}); e == nil {
			if dir, e := h.Path(repo, revision); e == nil {
				f.engine = transformer.EngineONNX
				return dir, nil
			}
		}
	}
	if errors.Is(err, hub.ErrNotCached) {
		return "", fmt.Errorf("model %s is %w (%s); download it: %s", At(repo, revision), hub.ErrNotCached, h.CacheDir(), pullCommand(repo, revision, graph))
	}
	return dir, err
}

func pullCommand(repo, revision string, graph bool) string {
	s := "frony-db model pull " + At(repo, revision)
	if graph {
		s += " --onnx"
	}
	return s
}

// Selector selects the files that one of the two engines needs.
func Selector(graph bool) hub.Selector {
	if graph {
		return hub.ONNX
	}
	return hub.Safetensors
}

// Hub opens the cache that the environment names.
func (o *Opener) Hub(h hub.Options) (*hub.Hub, error) {
	h.Logger = o.Log
	return hub.New(&h)
}
