package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// partMark is in the name of a file that is being written. No program but this one gives it
// to a file, since those that a killed process has left are deleted.
const partMark = ".frony-db-part-"

// createFile writes a file under a temporary name and renames it when it is complete
// and on disk, so that half of it never looks like a whole one.
func createFile(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return createInPlace(path, write) // a pipe or /dev/null must not be replaced
	}
	removeParts(path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+partMark+"*")
	if err != nil {
		return plainly(filepath.Dir(path), err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func createInPlace(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// removeParts deletes what killed processes have left of the same file. One that is being
// written is newer.
func removeParts(path string) {
	entries, _ := os.ReadDir(filepath.Dir(path)) // what cannot be listed cannot be removed
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasPrefix(e.Name(), filepath.Base(path)+partMark) && time.Since(info.ModTime()) > 10*time.Second {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

// plainly is an error about a path without the name of the system call, and of a
// temporary file.
func plainly(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path, e.Err)
	}
	return err
}
