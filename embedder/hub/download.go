package hub

import (
	"context"
	"crypto/sha1" // git's own hash, which the Hub names small files by
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// newHash returns the hash behind an etag: SHA-256 for large files, and git's SHA-1 of
// "blob LENGTH\x00" and the content for small ones. It returns nil for any other etag,
// such as a mirror's own; then only the length can be checked.
func newHash(etag string, size int64) hash.Hash {
	if _, err := hex.DecodeString(etag); err != nil {
		return nil
	}
	switch len(etag) {
	case 2 * sha256.Size:
		return sha256.New()
	case 2 * sha1.Size:
		h := sha1.New()
		fmt.Fprintf(h, "blob %d\x00", size)
		return h
	}
	return nil
}

var errIdle = errors.New("no data for too long")

// fetch makes sure that f's blob is in the cache. If several processes want it, one
// downloads and the others wait. report is called with the bytes of f so far.
func (h *Hub) fetch(ctx context.Context, r repo, commit string, f file, report func(int64)) error {
	if blobWhole(r.blob(f.ETag), f) {
		report(f.Size)
		return nil
	}
	for _, dir := range []string{r.locks, filepath.Join(r.dir, "blobs")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return h.disk(err)
		}
	}
	lock := flock.New(r.lock(f.ETag))
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return h.disk(err)
	}
	defer func() { _ = lock.Unlock() }()
	if blobWhole(r.blob(f.ETag), f) { // another process was faster
		report(f.Size)
		return nil
	}
	d := &download{hub: h, repo: r, commit: commit, file: f, report: report}
	err := d.run(ctx)
	if errors.Is(err, ErrChecksum) { // the earlier part or the new one is damaged: start over once
		h.log.WarnContext(ctx, "hub: downloading again", "repo", r.id, "file", f.Path, "error", err)
		err = d.run(ctx)
	}
	return err
}

// blobWhole reports whether path is a blob of f's length. Its content was
// checked when it was renamed into place; Verify checks it again.
func blobWhole(path string, f file) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && (f.Size < 0 || fi.Size() == f.Size)
}

// download is one file on its way into blobs.
type download struct {
	hub    *Hub
	repo   repo
	commit string
	file   file
	report func(int64)

	out  *os.File
	hash hash.Hash
	done int64 // bytes in out, and in hash
}

// run fills ETAG.incomplete, resuming where an earlier run stopped, checks it and
// renames it.
func (d *download) run(ctx context.Context) (err error) {
	path := d.repo.blob(d.file.ETag) + ".incomplete"
	if d.out, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return d.hub.disk(err)
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.resume(); err != nil {
		return d.hub.disk(err)
	}
	for failures := 0; d.file.Size < 0 || d.done < d.file.Size; {
		before := d.done
		err := d.stream(ctx)
		if err == nil && d.file.Size < 0 {
			break
		}
		if err == nil && d.done < d.file.Size {
			err = d.hub.unreachable(io.ErrUnexpectedEOF)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, ErrNetwork) {
			return err
		}
		if failures++; d.done > before {
			failures = 0
		}
		if failures >= d.hub.attempts {
			return err
		}
		d.hub.log.InfoContext(ctx, "hub: connection lost, resuming", "repo", d.repo.id, "file", d.file.Path, "at", d.done, "error", err)
		if err := pause(ctx, min(d.hub.wait<<failures, 10*time.Second)); err != nil {
			return err
		}
	}
	if err := d.check(); err != nil {
		return errors.Join(err, d.restart())
	}
	if err := d.out.Sync(); err != nil {
		return d.hub.disk(err)
	}
	if err := d.close(); err != nil {
		return d.hub.disk(err)
	}
	return d.hub.disk(os.Rename(path, d.repo.blob(d.file.ETag)))
}

func (d *download) close() error {
	if d.out == nil {
		return nil
	}
	out := d.out
	d.out = nil
	return out.Close()
}

// resume feeds what an earlier download left to the hash.
func (d *download) resume() error {
	d.hash, d.done = newHash(d.file.ETag, d.file.Size), 0
	fi, err := d.out.Stat()
	if err != nil {
		return err
	}
	if d.file.Size < 0 || fi.Size() > d.file.Size {
		return d.restart()
	}
	w := io.Discard
	if d.hash != nil {
		w = d.hash
	}
	d.done, err = io.Copy(w, io.LimitReader(d.out, fi.Size()))
	d.report(d.done)
	return err
}

// restart discards the download so far.
func (d *download) restart() error {
	d.hash, d.done = newHash(d.file.ETag, d.file.Size), 0
	d.report(0)
	if _, err := d.out.Seek(0, io.SeekStart); err != nil {
		return err
	}
	err := d.out.Truncate(0)
	if errors.Is(err, fs.ErrInvalid) || isInvalid(err) {
		return nil // a device cannot be truncated, and holds nothing
	}
	return err
}

// stream makes one request and appends the data. A connection error wraps ErrNetwork.
func (d *download) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var header http.Header
	if d.done > 0 {
		header = http.Header{"Range": {fmt.Sprintf("bytes=%d-", d.done)}}
	}
	resp, err := d.hub.do(ctx, http.MethodGet, d.hub.resolvePath(d.repo, d.commit, d.file.Path), header)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusRequestedRangeNotSatisfiable {
		if err := d.restart(); err != nil {
			return d.hub.disk(err)
		}
		return &Error{Err: fmt.Errorf("%w: the server refused to resume at this offset", ErrNetwork)}
	}
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if d.done > 0 && !continues(resp, d.done) {
		if err := d.restart(); err != nil {
			return d.hub.disk(err)
		}
	}
	idle := time.AfterFunc(d.hub.idle, func() { cancel(errIdle) })
	defer idle.Stop()
	buf := make([]byte, 256<<10)
	for {
		n, err := resp.Body.Read(buf)
		idle.Reset(d.hub.idle)
		if n > 0 {
			if err := d.write(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if context.Cause(ctx) == errIdle { //nolint:errorlint // set above, never wrapped
				err = fmt.Errorf("%w (%v)", errIdle, d.hub.idle)
			}
			return d.hub.unreachable(err)
		}
	}
}

func (d *download) write(b []byte) error {
	if d.file.Size >= 0 && d.done+int64(len(b)) > d.file.Size {
		err := &Error{Err: fmt.Errorf("%w: more than the announced %d bytes", ErrChecksum, d.file.Size)}
		return errors.Join(err, d.restart())
	}
	if _, err := d.out.Write(b); err != nil {
		return d.hub.disk(err)
	}
	if d.hash != nil {
		d.hash.Write(b)
	}
	d.done += int64(len(b))
	d.report(d.done)
	return nil
}

// continues reports whether resp begins at offset. A server that ignores Range
// answers 200 with the whole file.
func continues(resp *http.Response, offset int64) bool {
	if resp.StatusCode != http.StatusPartialContent {
		return false
	}
	from, _, _ := strings.Cut(strings.TrimPrefix(resp.Header.Get("Content-Range"), "bytes "), "-")
	n, err := strconv.ParseInt(from, 10, 64)
	return err == nil && n == offset
}

func (d *download) check() error {
	if d.hash == nil || d.file.Size < 0 && len(d.file.ETag) != 2*sha256.Size {
		return nil // git's hash begins with the length, which is unknown
	}
	if got := hex.EncodeToString(d.hash.Sum(nil)); got != d.file.ETag {
		return &Error{
			Err:  fmt.Errorf("%w: got %s, want %s", ErrChecksum, got, d.file.ETag),
			Hint: "something between this machine and the Hub alters files: try another network or mirror (HF_ENDPOINT)",
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// disk explains an error of the file system.
func (h *Hub) disk(err error) error {
	if err == nil || !isDiskFull(err) {
		return err
	}
	return &Error{
		Err:  fmt.Errorf("%w: %w", ErrDiskFull, err),
		Hint: fmt.Sprintf("free some space, or set HF_HUB_CACHE to a directory on another disk (the cache is %s); the part already downloaded is kept", h.cache),
	}
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
