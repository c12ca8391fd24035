package hub

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Remove deletes a model from the cache. With an empty revision it deletes all commits.
// Otherwise it deletes the commit that revision points at, the other branches and tags
// that point at it, and the content that no other commit shares. It returns the number
// of bytes freed. The error wraps ErrNotCached if there is no such model.
func (h *Hub) Remove(repo, revision string) (freed int64, err error) {
	const op = "rm"
	r, err := h.repo(op, repo)
	if err != nil {
		return 0, err
	}
	if revision == "" {
		if _, err := os.Lstat(r.dir); err != nil {
			return 0, notCached(op, r, "", "there is nothing to remove")
		}
		freed = blobBytes(r, nil)
		err := errors.Join(os.RemoveAll(r.dir), os.RemoveAll(r.locks))
		return freed, at(err, op, r, "", "")
	}
	if revision, err = h.revision(op, r, revision); err != nil {
		return 0, err
	}
	commit := r.commit(revision)
	if commit == "" || !slices.Contains(r.commits(), commit) {
		return 0, notCached(op, r, revision, "there is nothing to remove")
	}
	freed, err = h.remove(r, commit)
	return freed, at(err, op, r, revision, "")
}

func (h *Hub) remove(r repo, commit string) (int64, error) {
	refs, err := r.refs()
	if err != nil {
		return 0, err
	}
	for _, name := range refs[commit] {
		if err := os.Remove(r.ref(name)); err != nil {
			return 0, err
		}
	}
	if err := os.Remove(r.manifest(commit)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if err := os.RemoveAll(r.snapshot(commit)); err != nil {
		return 0, err
	}
	kept := map[string]bool{}
	for _, c := range r.commits() {
		files, err := r.expected(c)
		if err != nil {
			return 0, err
		}
		for _, f := range files {
			kept[f.ETag] = true
		}
	}
	freed := blobBytes(r, kept)
	entries, err := os.ReadDir(filepath.Join(r.dir, "blobs"))
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if !kept[e.Name()] {
			if err := os.Remove(r.blob(e.Name())); err != nil {
				return 0, err
			}
		}
	}
	return freed, nil
}

// blobBytes adds up the blobs that are not kept.
func blobBytes(r repo, kept map[string]bool) int64 {
	var n int64
	entries, err := os.ReadDir(filepath.Join(r.dir, "blobs"))
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && !kept[e.Name()] {
			n += fi.Size()
		}
	}
	return n
}
