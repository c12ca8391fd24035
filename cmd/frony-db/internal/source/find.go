package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/fronyai/frony-db/internal/nfc"
)

// find returns the files that a path names, their total size (-1 if unknown), and what
// to close after reading.
func find(ctx context.Context, name string, opts *Options) ([]file, int64, io.Closer, error) {
	if name == "-" {
		stdin := func() (io.ReadCloser, error) { return newPipe(ctx, opts.Stdin), nil }
		return []file{{name: "-", format: cmp.Or(opts.Format, JSONL), open: stdin, pipe: true}}, -1, nil, nil
	}
	name = existing(name)
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return findIn(name, "**", opts)
	case err == nil:
		return findOne(name, info, opts)
	case strings.ContainsAny(name, "*?[{"):
		base, pattern := doublestar.SplitPattern(filepath.ToSlash(name))
		if !doublestar.ValidatePattern(pattern) {
			return nil, 0, nil, fmt.Errorf("%w: %q is not a valid glob", ErrNoFiles, name)
		}
		return findIn(existing(filepath.FromSlash(base)), nfc.Compose(pattern), opts)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("%s: %w", name, e.Err) // without the name of the system call
	}
	return nil, 0, nil, err
}

// existing returns the path as the file system spells it, if that differs from the one
// given by its Unicode normalisation alone: archives of macOS have decomposed names.
func existing(name string) string {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return name
	}
	for _, other := range nfc.Others(name) {
		if _, err := os.Stat(other); err == nil {
			return other
		}
	}
	return name
}

// findOne returns a single file. Its id is the path as given.
func findOne(name string, info fs.FileInfo, opts *Options) ([]file, int64, io.Closer, error) {
	format := opts.Format
	if format == Auto {
		var ok bool
		if format, ok = FormatOf(name); !ok {
			return nil, 0, nil, fmt.Errorf("%w: %q does not end in .jsonl, .csv, .tsv, .parquet, .xlsx, .md, .docx, .hwpx, .html or .txt, with or without .gz or .zst; name its format", ErrFormat, name)
		}
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1
	}
	open := func() (io.ReadCloser, error) { return os.Open(name) }
	return []file{{name: filepath.ToSlash(filepath.Clean(name)), format: format, open: open, pipe: size < 0}}, size, nil, nil
}

// findIn walks a folder. It uses os.Root, so that no symbolic link leads out of the
// folder. It follows links to files but not to folders, which could be cycles. Names
// that begin with a dot are hidden, unless the pattern has the dot.
func findIn(dir, pattern string, opts *Options) ([]file, int64, io.Closer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, 0, nil, err
	}
	w := walk{root: root, pattern: pattern, opts: opts}
	if err := fs.WalkDir(root.FS(), ".", w.visit); err != nil {
		_ = root.Close()
		return nil, 0, nil, fmt.Errorf("reading the folder %q: %w", dir, err)
	}
	if w.found == 0 {
		_ = root.Close()
		return nil, 0, nil, fmt.Errorf("%w: %q has no file of a known format", ErrNoFiles, path.Join(filepath.ToSlash(dir), pattern))
	}
	return w.files, w.size, root, nil
}

// walk collects the files of a folder.
type walk struct {
	root    *os.Root
	pattern string
	opts    *Options
	files   []file
	found   int // readable files, selected or not
	size    int64
}

func (w *walk) visit(name string, entry fs.DirEntry, err error) error {
	if err != nil {
		if name == "." {
			return err
		}
		w.unread(name, err)
		return nil
	}
	hidden := strings.HasPrefix(entry.Name(), ".") && name != "." && !strings.Contains("/"+w.pattern, "/.")
	if entry.IsDir() {
		if hidden {
			w.skip(name, "hidden folder")
			return fs.SkipDir
		}
		if !mayHold(w.pattern, name) {
			return fs.SkipDir
		}
		return nil
	}
	if ok, _ := doublestar.Match(w.pattern, nfc.Compose(name)); !ok { // find has checked the pattern
		return nil
	}
	if hidden {
		w.skip(name, "hidden file")
		return nil
	}
	if strings.HasPrefix(entry.Name(), "~$") {
		w.skip(name, "the lock of an office program")
		return nil
	}
	format := w.opts.Format
	known := format != Auto
	if !known {
		format, known = FormatOf(name)
	}
	info, err := w.root.Stat(name)
	switch {
	case err != nil && entry.Type()&fs.ModeSymlink != 0 && !failed(err):
		w.skip(name, "a link that leads out of the folder")
		return nil
	case err != nil && !known:
		w.skip(name, "no known format")
		return nil
	case err != nil && errors.Is(err, fs.ErrNotExist) && entry.Type()&fs.ModeSymlink == 0:
		return nil // removed since the folder was listed
	case err != nil:
		w.unread(name, err)
		return nil
	case info.IsDir():
		w.skip(name, "a link to a folder")
		return nil
	case !info.Mode().IsRegular():
		w.skip(name, "not a regular file")
		return nil
	}
	if !known {
		w.skip(name, "no known format")
		return nil
	}
	w.found++
	if w.opts.Select != nil && !w.opts.Select(name, format, info) {
		return nil
	}
	open := func() (io.ReadCloser, error) { return w.root.Open(name) }
	w.files = append(w.files, file{name: name, format: format, open: open})
	w.size += info.Size()
	return nil
}

func (w *walk) skip(name, reason string) {
	if w.opts.Skipped != nil {
		w.opts.Skipped(name, reason)
	}
}

// unread reports what is there and can't be read.
func (w *walk) unread(name string, err error) {
	if w.opts.Unread == nil {
		w.skip(name, err.Error())
		return
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // the name is known
	}
	w.opts.Unread(name, err)
}

// failed reports whether the system could not follow a link. The other reason is that
// the link leads out of the folder, which os.Root refuses itself.
func failed(err error) bool {
	_, ok := errors.AsType[syscall.Errno](err)
	return ok
}

// mayHold reports whether files below a folder can match a glob, so that folders which
// nobody asked for are not read.
func mayHold(pattern, dir string) bool {
	if dir == "." || strings.Contains(pattern, "{") { // braces may hold slashes
		return true
	}
	parts := strings.Split(pattern, "/")
	for i, name := range strings.Split(dir, "/") {
		if i == len(parts)-1 && parts[i] != "**" {
			return false // the last part names files
		}
		if parts[i] == "**" {
			return true
		}
		if ok, _ := doublestar.Match(parts[i], nfc.Compose(name)); !ok { // find has checked the pattern
			return false
		}
	}
	return true
}
