package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fronyai/frony-db/db/internal/reason"
)

// Two of Badger's files hold nothing that this store needs, and keep it from being
// opened if they are damaged; one of them even ends the process. DISCARD counts what
// value logs could give back. KEYREGISTRY holds the keys of encrypted stores, and
// this one is not: 16 random bytes and a fixed text are all that is in it.
const (
	discardFile  = "DISCARD"
	registryFile = "KEYREGISTRY"
	registryText = "Hello Badger"

	discardSize = 1 << 20 // and never less
)

// renewHelpers removes those that are damaged. Badger makes them anew.
func renewHelpers(dir string, readOnly bool) error {
	for name, sound := range map[string]func(path string, info fs.FileInfo) (bool, error){
		discardFile: soundDiscard, registryFile: soundRegistry,
	} {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		ok, err := sound(path, info)
		switch {
		case err != nil:
			return err
		case ok:
			continue
		case readOnly:
			return reason.For(ErrReadOnly, "%s is damaged. It holds no data and is made anew: open the database for writing once", name)
		case info.Mode().IsRegular():
			err = os.Remove(path)
		default: // perhaps a directory with something in it
			err = moveAside(dir, path)
		}
		if err != nil {
			return fmt.Errorf("%s is damaged and holds no data, and cannot be removed: %w", name, err)
		}
	}
	return nil
}

func soundDiscard(path string, info fs.FileInfo) (bool, error) {
	if !info.Mode().IsRegular() || info.Size() < discardSize {
		return false, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

func soundRegistry(path string, info fs.FileInfo) (bool, error) {
	if !info.Mode().IsRegular() {
		return false, nil
	}
	b, err := os.ReadFile(path)
	return len(b) == 16+len(registryText) && string(b[16:]) == registryText, err
}

// lostDir makes the folder for files that are taken out of the store in dir now.
func lostDir(dir string) (string, error) {
	keep := filepath.Join(filepath.Dir(dir), LostDir, time.Now().UTC().Format("20060102T150405.000"))
	return keep, os.MkdirAll(keep, 0o700)
}

func moveAside(dir, path string) error {
	keep, err := lostDir(dir)
	if err != nil {
		return err
	}
	return os.Rename(path, filepath.Join(keep, filepath.Base(path)))
}
