package disk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WriteFile replaces the file path with data, durably: after a crash there is
// the old file or the new one.
func WriteFile(path string, data []byte) error {
	t, err := NewTemp(path)
	if err != nil {
		return err
	}
	err = t.Fill(func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return errors.Join(err, t.Drop())
	}
	return t.Commit()
}

// Temp is a temporary file that Commit renames to its path.
type Temp struct {
	f    *os.File
	path string
}

// tempMark is in the names of temporary files. RemoveTemps deletes those that a
// killed process has left behind.
const tempMark = ".tmp-"

// NewTemp creates a temporary file beside path.
func NewTemp(path string) (*Temp, error) {
	if err := Try(Create, path); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+tempMark+"*")
	if err != nil {
		return nil, err
	}
	return &Temp{f, path}, nil
}

// Fill writes the file without waiting for the disk.
func (t *Temp) Fill(write func(io.Writer) error) error {
	w := bufio.NewWriterSize(t, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// Write writes to the file. A write that a fault interrupts has written a part.
func (t *Temp) Write(b []byte) (int, error) {
	if err := Try(Write, t.path); err != nil {
		n, werr := t.f.Write(b[:len(b)/2])
		return n, errors.Join(err, werr)
	}
	return t.f.Write(b)
}

// Commit makes the file durable and renames it to its path. It closes the file
// first: some systems cannot rename an open file.
func (t *Temp) Commit() error {
	if err := errors.Join(Try(Sync, t.path), t.f.Chmod(0o600), t.f.Sync()); err != nil {
		return errors.Join(err, t.Drop())
	}
	err := errors.Join(t.f.Close(), Try(Rename, t.path))
	if err == nil {
		if info, serr := os.Lstat(t.path); serr == nil && info.IsDir() {
			err = Clear(t.path)
		}
	}
	if err == nil {
		err = os.Rename(t.f.Name(), t.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.f.Name()))
	}
	return SyncDir(filepath.Dir(t.path))
}

// Drop removes the file.
func (t *Temp) Drop() error { return errors.Join(t.f.Close(), os.Remove(t.f.Name())) }

// RemoveTemps deletes the temporary files that a killed process has left in dir.
func RemoveTemps(dir string) {
	entries, _ := os.ReadDir(dir) // what cannot be listed cannot be removed
	for _, e := range entries {
		if strings.Contains(e.Name(), tempMark) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// Clear makes way for a file that can be made anew: a file is removed, and a directory,
// which may hold anything, is renamed.
func Clear(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.IsDir() && os.Remove(path) != nil { // not empty
		return os.Rename(path, fmt.Sprintf("%s.aside-%d", path, time.Now().UnixNano()))
	}
	if info.IsDir() {
		return nil
	}
	return os.Remove(path)
}

// SyncDir makes a rename in dir durable. Where directories cannot be synced, the
// file system is trusted.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
