package hub

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Model is one commit of a repository in the cache.
type Model struct {
	Repo     string    // "ORG/NAME"
	Commit   string    // 40 hexadecimal digits
	Refs     []string  // branches and tags that point at it
	Dir      string    // where its files are
	Files    int       // number of files present
	Bytes    int64     // their total size
	Pulled   time.Time // zero if another tool fetched it
	Complete bool      // has everything that an engine needs
}

// List returns the models in the cache by repository and commit, whichever tool
// downloaded them. A missing cache is empty.
func (h *Hub) List() ([]Model, error) {
	entries, err := os.ReadDir(h.cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var models []Model
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), "models--")
		if !ok || !e.IsDir() {
			continue
		}
		r, err := h.repo("list", strings.ReplaceAll(name, "--", "/"))
		if err != nil {
			continue // not a name that the Hub allows
		}
		found, err := h.list(r)
		if err != nil {
			return nil, at(err, "list", r, "", "")
		}
		models = append(models, found...)
	}
	slices.SortFunc(models, func(a, b Model) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Commit, b.Commit))
	})
	return models, nil
}

func (h *Hub) list(r repo) ([]Model, error) {
	refs, err := r.refs()
	if err != nil {
		return nil, err
	}
	var models []Model
	for _, commit := range r.commits() {
		files, err := localFiles(r.snapshot(commit))
		if err != nil {
			return nil, err
		}
		m := Model{Repo: r.id, Commit: commit, Refs: refs[commit], Dir: r.snapshot(commit), Files: len(files)}
		for _, f := range files {
			if fi, err := os.Stat(filepath.Join(m.Dir, filepath.FromSlash(f))); err == nil {
				m.Bytes += fi.Size()
			}
		}
		if rec, err := r.readManifest(commit); err == nil {
			m.Pulled = rec.Pulled
			m.Complete = r.whole(rec)
		} else {
			m.Complete = looksWhole(m.Dir, Safetensors) || looksWhole(m.Dir, ONNX)
		}
		models = append(models, m)
	}
	return models, nil
}

// commits lists the snapshots of r.
func (r repo) commits() []string {
	entries, err := os.ReadDir(filepath.Join(r.dir, "snapshots"))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && commitName.MatchString(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out
}

// refs maps commits to the branches and tags that point at them.
func (r repo) refs() (map[string][]string, error) {
	root := filepath.Join(r.dir, "refs")
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if c := r.commit(name); c != "" {
			out[c] = append(out[c], name)
		}
		return nil
	})
	return out, err
}
