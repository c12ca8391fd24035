package db

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// writeFile replaces a file with data, durably: after a crash there is the old
// file or the new one.
func writeFile(path string, data []byte) error {
	return replaceFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// replaceFile writes a temporary file beside path, syncs it, and renames it
// into place.
func replaceFile(path string, write func(io.Writer) error) error {
	t, err := newTemp(path)
	if err != nil {
		return err
	}
	if err := t.write(write); err != nil {
		return errors.Join(err, t.drop())
	}
	return t.commit()
}

// temp is a file on its way to path.
type temp struct {
	f    *os.File
	path string
}

// tempMark is in the names of temporary files; Open removes those that a kill
// has left behind.
const tempMark = ".tmp-"

func newTemp(path string) (*temp, error) {
	if err := disk.Try(disk.Create, path); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+tempMark+"*")
	if err != nil {
		return nil, err
	}
	return &temp{f, path}, nil
}

// write fills the file without waiting for the disk.
func (t *temp) write(write func(io.Writer) error) error {
	w := bufio.NewWriterSize(t, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// Write writes to the file; one that a fault cuts short has written a part.
func (t *temp) Write(b []byte) (int, error) {
	if err := disk.Try(disk.Write, t.path); err != nil {
		n, werr := t.f.Write(b[:len(b)/2])
		return n, errors.Join(err, werr)
	}
	return t.f.Write(b)
}

// commit makes the file durable and renames it into place. It is closed first:
// not every system renames an open file.
func (t *temp) commit() error {
	if err := errors.Join(disk.Try(disk.Sync, t.path), t.f.Chmod(0o644), t.f.Sync()); err != nil {
		return errors.Join(err, t.drop())
	}
	err := errors.Join(t.f.Close(), disk.Try(disk.Rename, t.path))
	if err == nil {
		err = os.Rename(t.f.Name(), t.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.f.Name()))
	}
	return syncDir(filepath.Dir(t.path))
}

// drop removes the file.
func (t *temp) drop() error { return errors.Join(t.f.Close(), os.Remove(t.f.Name())) }

// removeTemps removes what a kill has left of replaceFile in dir.
func removeTemps(dir string) {
	entries, _ := os.ReadDir(dir) // what can't be listed can't be removed
	for _, e := range entries {
		if strings.Contains(e.Name(), tempMark) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// syncDir makes a rename durable. Where directories can't be synced, the file
// system is trusted.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
