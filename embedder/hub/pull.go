package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Progress is the progress of a Pull. Bytes that were already in the cache count as
// done.
type Progress struct {
	File     string // the current file
	FileDone int64  // bytes
	FileSize int64  // bytes; -1 if unknown
	Done     int64  // bytes of all files
	Size     int64  // bytes of all files
}

// Pull makes sure that a model's files are in the cache and returns their directory.
// repo is "ORG/NAME". revision is a branch, a tag or a commit, or "" for main.
//
// If the cache has the model, the network is not used (see Options.Refresh). progress,
// if not nil, is called from one goroutine, about ten times a second and at the end of
// each file. After a cancelled context the next Pull resumes the download.
func (h *Hub) Pull(ctx context.Context, repo, revision string, progress func(Progress)) (dir string, err error) {
	const op = "pull"
	r, err := h.repo(op, repo)
	if err != nil {
		return "", err
	}
	if revision, err = h.revision(op, r, revision); err != nil {
		return "", err
	}
	commit, sure := h.cached(r, revision)
	if sure && (!h.refresh || commitName.MatchString(revision)) {
		return r.snapshot(commit), nil
	}
	if h.offline {
		if commit != "" {
			return r.snapshot(commit), nil
		}
		return "", notCached(op, r, revision, "offline mode is on (HF_HUB_OFFLINE or Offline): switch it off, or copy the model's directory here and use its path")
	}
	dir, err = h.pull(ctx, r, revision, progress)
	if err != nil && commit != "" && errors.Is(err, ErrNetwork) && ctx.Err() == nil {
		h.log.WarnContext(ctx, "hub: no network, using the cache", "repo", r.id, "commit", commit, "error", err)
		return r.snapshot(commit), nil
	}
	return dir, at(err, op, r, revision, "")
}

// Path returns the directory of a model in the cache. It never uses the network. The
// error wraps ErrNotCached if the model is missing or incomplete.
func (h *Hub) Path(repo, revision string) (string, error) {
	const op = "path"
	r, err := h.repo(op, repo)
	if err != nil {
		return "", err
	}
	if revision, err = h.revision(op, r, revision); err != nil {
		return "", err
	}
	if commit, _ := h.cached(r, revision); commit != "" {
		return r.snapshot(commit), nil
	}
	return "", notCached(op, r, revision, "download it: frony-db model pull "+r.id)
}

func notCached(op string, r repo, revision, hint string) error {
	return &Error{Op: op, Repo: r.id, Revision: revision, Err: ErrNotCached, Hint: hint}
}

// cached returns the commit that revision points at in the cache, or "" if its files are
// not there. sure means that Pull has recorded which files belong to it. Otherwise
// another tool downloaded it, and it only looks complete.
func (h *Hub) cached(r repo, revision string) (commit string, sure bool) {
	commit = r.commit(revision)
	if commit == "" {
		return "", false
	}
	if m, err := r.readManifest(commit); err == nil {
		if !r.whole(m) {
			return "", false
		}
		// The record may be from a pull for another engine.
		if !looksWhole(r.snapshot(commit), h.choose) {
			return "", false
		}
		return commit, true
	}
	if looksWhole(r.snapshot(commit), h.choose) {
		return commit, false
	}
	return "", false
}

func (h *Hub) pull(ctx context.Context, r repo, revision string, progress func(Progress)) (string, error) {
	commit, all, err := h.info(ctx, r, revision)
	if err != nil {
		return "", err
	}
	names, err := h.choose(all)
	if err != nil {
		return "", err
	}
	m := &manifest{Repo: r.id, Commit: commit}
	if old, err := r.readManifest(commit); err == nil { // from a pull for another engine: keep its files
		m.Files = slices.DeleteFunc(old.Files, func(f file) bool { return slices.Contains(names, f.Path) })
	}
	var files []file
	for _, name := range names {
		f, err := h.head(ctx, r, commit, name)
		if err != nil {
			return "", at(err, "pull", r, revision, name)
		}
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b file) int {
		return cmp.Or(boolCompare(isWeight(a.Path), isWeight(b.Path)), cmp.Compare(a.Size, b.Size))
	})
	p := newProgress(files, progress)
	for i, f := range files {
		if err := h.fetch(ctx, r, commit, f, p.file(i)); err != nil {
			return "", at(err, "pull", r, revision, f.Path)
		}
		if f.Size < 0 {
			fi, err := os.Stat(r.blob(f.ETag))
			if err != nil {
				return "", err
			}
			files[i].Size = fi.Size()
		}
		p.end(i)
		if err := h.disk(link(r.blob(f.ETag), filepath.Join(r.snapshot(commit), filepath.FromSlash(f.Path)))); err != nil {
			return "", at(err, "pull", r, revision, f.Path)
		}
	}
	m.Files, m.Pulled = append(m.Files, files...), time.Now().UTC().Truncate(time.Second)
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := writeFile(r.manifest(commit), append(data, '\n')); err != nil {
		return "", h.disk(err)
	}
	if commit != revision {
		if err := writeFile(r.ref(revision), []byte(commit)); err != nil {
			return "", h.disk(err)
		}
	}
	return r.snapshot(commit), nil
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// progressSum adds up the files and limits the rate of calls.
type progressSum struct {
	files []file
	call  func(Progress)
	now   Progress
	last  time.Time
	base  int64 // bytes of finished files
}

func newProgress(files []file, call func(Progress)) *progressSum {
	p := &progressSum{files: files, call: call}
	for _, f := range files {
		p.now.Size += max(f.Size, 0)
	}
	return p
}

// file returns the function that fetch reports to for the i-th file.
func (p *progressSum) file(i int) func(int64) {
	p.now.File, p.now.FileSize = p.files[i].Path, p.files[i].Size
	return func(done int64) {
		p.now.FileDone, p.now.Done = done, p.base+done
		if p.call != nil && time.Since(p.last) >= 100*time.Millisecond {
			p.last = time.Now()
			p.call(p.now)
		}
	}
}

// end marks the i-th file as finished.
func (p *progressSum) end(i int) {
	p.base += p.files[i].Size
	p.now.FileDone, p.now.Done = p.files[i].Size, p.base
	if p.call != nil {
		p.last = time.Now()
		p.call(p.now)
	}
}
