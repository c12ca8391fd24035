package db

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// inspect reports whether dir holds a database. It returns ErrNotDatabase if dir
// holds anything else.
func inspect(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		if info, serr := os.Stat(dir); serr == nil && !info.IsDir() {
			return false, reason.For(ErrNotDatabase, "it is a file, not a directory")
		}
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // Open's error names the directory
		}
		return false, err
	}
	if len(entries) == 0 {
		return false, nil
	}
	for _, e := range entries {
		if e.Name() == markerFile {
			return true, nil
		}
	}
	if store.Exists(filepath.Join(dir, storeDir)) {
		return true, nil // the marker file is missing; identify writes a new one
	}
	for _, e := range entries {
		if e.Name() != lockFile { // an interrupted Open leaves one
			return false, reason.For(ErrNotDatabase, "the directory holds other files, such as %s", e.Name())
		}
	}
	return false, nil
}

func unwritable(err error) error {
	if errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "read-only file system") {
		return reason.For(ErrReadOnly, "%v", err)
	}
	return err
}

// takeLock takes the lock that keeps other processes out. Its file holds the pid.
func (d *DB) takeLock() error {
	path := filepath.Join(d.dir, lockFile)
	d.lock = flock.New(path)
	try := d.lock.TryLock
	if d.opts.ReadOnly {
		try = d.lock.TryRLock
	}
	ok, err := try()
	if err != nil {
		d.lock = nil
		return unwritable(err)
	}
	if !ok {
		d.lock = nil
		pid, err := os.ReadFile(path)
		if err != nil || len(pid) == 0 {
			return ErrLocked
		}
		return reason.For(ErrLocked, "process %s has it open", strings.TrimSpace(string(pid)))
	}
	if d.opts.ReadOnly {
		return nil
	}
	// Windows refuses writes to a locked file: ErrLocked then names no process.
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil && runtime.GOOS != "windows" {
		return unwritable(err)
	}
	return nil
}

// identify reads the marker file, or writes it:
//
//	frony-db 1
//	<id of the database, 32 hexadecimal digits>
func (d *DB) identify(exists bool) error {
	path := filepath.Join(d.dir, markerFile)
	_, err := os.Stat(path)
	if missing := errors.Is(err, fs.ErrNotExist); !exists || missing && !d.opts.ReadOnly {
		if exists {
			d.opts.Logger.Warn("the marker file is missing and a new one is written; collections are rebuilt when they are opened", "file", path)
		}
		if _, err := rand.Read(d.id[:]); err != nil {
			return err
		}
		return unwritableOrNil(disk.WriteFile(path, fmt.Appendf(nil, "frony-db %d\n%x\n", markerVersion, d.id)))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var version int
	var id string
	if _, err := fmt.Sscanf(string(b), "frony-db %d\n%s\n", &version, &id); err != nil {
		return damagedMarker(err)
	}
	if version > markerVersion {
		return reason.For(ErrFormat, "it has version %d, this program reads up to %d; use a newer frony-db", version, markerVersion)
	}
	n, err := hex.Decode(d.id[:], []byte(id))
	if err != nil || n != len(d.id) {
		return damagedMarker(errors.New("it does not hold 32 hexadecimal digits"))
	}
	return nil
}

// damagedMarker tells the user to delete the marker file. A new one has a new id,
// which only makes the derived files be rebuilt.
func damagedMarker(err error) error {
	return reason.For(ErrNotDatabase, "the marker file %s is damaged (%v); delete it and open again: the documents, in %s, are not affected",
		markerFile, err, storeDir)
}

const markerVersion = 1

func unwritableOrNil(err error) error {
	if err == nil {
		return nil
	}
	return unwritable(err)
}
