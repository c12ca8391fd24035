package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// repo is a repository in the cache.
type repo struct {
	id    string // "ORG/NAME"
	dir   string
	locks string
}

var (
	repoName   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,95})?$`)
	commitName = regexp.MustCompile(`^[0-9a-f]{40}$`)
	etagName   = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$`)
)

func (h *Hub) repo(op, id string) (repo, error) {
	if !repoName.MatchString(id) || strings.Contains(id, "--") || strings.Contains(id, "..") {
		return repo{}, &Error{Op: op, Repo: id, Err: ErrInvalid, Hint: `a repository is written "ORG/NAME", such as FronyAI/frony-embed-tiny-ko-v1`}
	}
	folder := "models--" + strings.ReplaceAll(id, "/", "--")
	return repo{id: id, dir: filepath.Join(h.cache, folder), locks: filepath.Join(h.cache, ".locks", folder)}, nil
}

// DefaultRevision is the branch that an empty revision stands for.
const DefaultRevision = "main"

func (h *Hub) revision(op string, r repo, revision string) (string, error) {
	if revision == "" {
		return DefaultRevision, nil
	}
	if !filepath.IsLocal(filepath.FromSlash(revision)) || strings.ContainsAny(revision, "\\:*?\"<>| \t\r\n") || strings.Contains(revision, "..") {
		return "", &Error{Op: op, Repo: r.id, Revision: revision, Err: ErrInvalid, Hint: "a revision is a branch, a tag or a commit"}
	}
	return revision, nil
}

func (r repo) blob(etag string) string       { return filepath.Join(r.dir, "blobs", etag) }
func (r repo) lock(etag string) string       { return filepath.Join(r.locks, etag+".lock") }
func (r repo) snapshot(commit string) string { return filepath.Join(r.dir, "snapshots", commit) }
func (r repo) manifest(commit string) string {
	return filepath.Join(r.dir, ".frony", commit+".json")
}

func (r repo) ref(revision string) string {
	return filepath.Join(r.dir, "refs", filepath.FromSlash(revision))
}

// commit returns the commit that revision pointed at when the Hub was last asked, or "".
func (r repo) commit(revision string) string {
	if commitName.MatchString(revision) {
		return revision
	}
	data, err := os.ReadFile(r.ref(revision))
	if err != nil {
		return ""
	}
	if c := strings.TrimSpace(string(data)); commitName.MatchString(c) {
		return c
	}
	return ""
}

// manifest records what Pull has fetched of a commit.
type manifest struct {
	Repo   string    `json:"repo"`
	Commit string    `json:"commit"`
	Pulled time.Time `json:"pulled"`
	Files  []file    `json:"files"`
}

// file is one of a commit's files.
type file struct {
	Path string `json:"path"` // with slashes
	ETag string `json:"etag"` // SHA-256, or git's SHA-1, in hexadecimal
	Size int64  `json:"size"`
}

func (r repo) readManifest(commit string) (*manifest, error) {
	data, err := os.ReadFile(r.manifest(commit))
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", r.manifest(commit), err)
	}
	for _, f := range m.Files {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.manifest(commit), err)
		}
	}
	return m, nil
}

// check rejects names that would lead out of the cache.
func (f file) check() error {
	if !filepath.IsLocal(filepath.FromSlash(f.Path)) || strings.Contains(f.Path, "\\") {
		return fmt.Errorf("file name %q leads out of the repository", f.Path)
	}
	if !etagName.MatchString(f.ETag) {
		return fmt.Errorf("file %q has an etag that is not a valid file name: %q", f.Path, f.ETag)
	}
	return nil
}

// whole reports whether every file of the manifest exists with the right length.
func (r repo) whole(m *manifest) bool {
	for _, f := range m.Files {
		fi, err := os.Stat(filepath.Join(r.snapshot(m.Commit), filepath.FromSlash(f.Path)))
		if err != nil || fi.Size() != f.Size {
			return false
		}
	}
	return len(m.Files) > 0
}

// writeFile replaces the content of path atomically.
func writeFile(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// link makes name in a snapshot refer to blob: by a relative link, as the Hub's tools
// do, or by a copy where links are not allowed (Windows).
func link(blob, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	rel, err := filepath.Rel(filepath.Dir(name), blob)
	if err != nil {
		return err
	}
	if have, err := os.Readlink(name); err == nil && have == rel {
		return nil
	}
	tmp, err := os.MkdirTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	fresh := filepath.Join(tmp, "link")
	// The link is created one directory deeper than its final place, so its target
	// does not exist until it is renamed.
	if os.Symlink(rel, fresh) != nil && os.Link(blob, fresh) != nil {
		if err := copyFile(blob, fresh); err != nil {
			return err
		}
	}
	return os.Rename(fresh, name)
}
