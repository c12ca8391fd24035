package hub

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Damage is a file that does not match the Hub's checksum.
type Damage struct {
	File   string // with slashes, in the model's directory
	Reason string
}

// Verify reads all of a model's files in the cache and compares them with the hashes that
// they are named by. It finds disk errors, and does not use the network. With repair it
// removes damaged content, so that the next Pull downloads that again and nothing else.
//
// Damage is not an error: it is the result. The error wraps ErrNotCached if the model is
// not in the cache at all.
func (h *Hub) Verify(ctx context.Context, repo, revision string, repair bool) ([]Damage, error) {
	const op = "verify"
	r, err := h.repo(op, repo)
	if err != nil {
		return nil, err
	}
	if revision, err = h.revision(op, r, revision); err != nil {
		return nil, err
	}
	commit := r.commit(revision)
	if commit == "" {
		return nil, notCached(op, r, revision, "there is nothing to verify")
	}
	files, err := r.expected(commit)
	if err != nil {
		return nil, at(err, op, r, revision, "")
	}
	if len(files) == 0 {
		return nil, notCached(op, r, revision, "there is nothing to verify")
	}
	var damage []Damage
	for _, f := range files {
		path := filepath.Join(r.snapshot(commit), filepath.FromSlash(f.Path))
		reason, err := inspect(ctx, path, f)
		if err != nil {
			return damage, at(err, op, r, revision, f.Path)
		}
		if reason == "" {
			continue
		}
		damage = append(damage, Damage{f.Path, reason})
		if repair {
			for _, p := range []string{path, r.blob(f.ETag)} {
				if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return damage, at(err, op, r, revision, f.Path)
				}
			}
		}
	}
	return damage, nil
}

// expected returns the files of a commit: those recorded by Pull, or else those present,
// whose links name their hashes.
func (r repo) expected(commit string) ([]file, error) {
	if m, err := r.readManifest(commit); err == nil {
		return m.Files, nil
	}
	var files []file
	root := r.snapshot(commit)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		target, err := os.Readlink(path)
		if err != nil {
			return nil //nolint:nilerr // a copy, whose hash is not known
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := file{Path: filepath.ToSlash(rel), ETag: filepath.Base(target), Size: -1}
		if f.check() == nil {
			files = append(files, f)
		}
		return nil
	})
	return files, err
}

// inspect describes the damage to a file, or returns "".
func inspect(ctx context.Context, path string, f file) (string, error) {
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "missing", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	fi, err := in.Stat()
	if err != nil {
		return "", err
	}
	if f.Size >= 0 && fi.Size() != f.Size {
		return fmt.Sprintf("%d bytes long, want %d", fi.Size(), f.Size), nil
	}
	h := newHash(f.ETag, fi.Size())
	if h == nil {
		return "", nil // a mirror's etag: only the length can be checked
	}
	if _, err := io.Copy(h, ctxReader{ctx, in}); err != nil {
		return "", err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.ETag {
		return fmt.Sprintf("hash %s, want %s", got, f.ETag), nil
	}
	return "", nil
}

// ctxReader stops reading when ctx is done.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
