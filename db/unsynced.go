package db

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fronyai/frony-db/db/internal/disk"
	"github.com/fronyai/frony-db/db/internal/index"
	"github.com/fronyai/frony-db/db/internal/reason"
	"github.com/fronyai/frony-db/db/internal/store"
)

// unsyncedFile exists while the database is open with SyncEvery, and holds the id of
// the system's boot. An Open that finds the id of another boot knows that the system
// has stopped since and may have lost any of the last writes: not only the newest,
// as pages reach the disk in any order. If a sync has failed, the file holds
// failedDisk instead, and stays until an Open has repaired the store.
const (
	unsyncedFile = "UNSYNCED"
	failedDisk   = "a sync failed"
)

// Sync makes all acknowledged writes durable. Without Options.SyncEvery they
// already are, and Sync does nothing.
//
// It returns ErrClosed and I/O errors.
func (d *DB) Sync() error {
	if err := d.gate.Enter(); err != nil {
		return wrap("sync", d.dir, err)
	}
	defer d.gate.Leave()
	return wrap("sync", d.dir, d.st.Sync())
}

// findUnsynced looks for the unsynced file of a process that ended without closing
// the database, and reports whether some of its writes may be lost. The store is
// not open yet.
func (d *DB) findUnsynced() (lost bool, err error) {
	b, err := os.ReadFile(d.unsyncedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	boot := disk.Boot()
	lost = boot == "" || strings.TrimSpace(string(b)) != boot
	if d.opts.ReadOnly {
		return lost, reason.For(ErrReadOnly, "the database was not closed cleanly; open it for writing once")
	}
	return lost, store.SyncLogs(filepath.Join(d.dir, storeDir))
}

// markUnsynced writes or removes the unsynced file, to match SyncEvery. All earlier
// writes are on disk.
func (d *DB) markUnsynced() error {
	switch {
	case d.opts.ReadOnly:
		return nil
	case d.opts.SyncEvery > 0:
		return unwritableOrNil(disk.WriteFile(d.unsyncedPath(), []byte(disk.Boot()+"\n")))
	}
	return d.removeUnsynced()
}

// markFailed makes the next opening repair the store, after a failed sync.
func (d *DB) markFailed() {
	if d.opts.SyncEvery == 0 {
		return // all commits but the failed one are on disk
	}
	d.doubtful.Store(true)
	if err := disk.WriteFile(d.unsyncedPath(), []byte(failedDisk+"\n")); err != nil {
		d.opts.Logger.Error("recording a failed sync failed; the next opening will not repair the store", "err", err)
	}
}

// unmarkUnsynced removes the unsynced file after a clean Close.
func (d *DB) unmarkUnsynced() error {
	if d.opts.SyncEvery == 0 || d.doubtful.Load() {
		return nil
	}
	return d.removeUnsynced()
}

func (d *DB) removeUnsynced() error {
	err := os.Remove(d.unsyncedPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, disk.SyncDir(d.dir))
}

func (d *DB) unsyncedPath() string { return filepath.Join(d.dir, unsyncedFile) }

// mendLost makes the keys of each collection consistent when any of the last
// transactions may be missing, each as a whole. Derived state may be newer than the
// store, and is removed. If a collection can't be repaired the unsynced file stays,
// and the next opening tries again.
func (d *DB) mendLost() error {
	log := d.opts.Logger
	why := "the system stopped, or its disk failed, before the last writes were synced"
	if len(d.Lost()) > 0 {
		why = "acknowledged writes are lost"
	}
	log.Warn(why + "; keys are checked now, and collections are rebuilt when they are opened")
	for _, s := range index.SeenIn(d.derivedDir(), d.id) { // also of collections that are lost
		index.Remove(d.derivedDir(), s.ID)
	}
	for _, info := range d.st.Versions() {
		index.Remove(d.derivedDir(), info.ID)
		keys := 0
		set, err := index.DecodeSettings(info)
		if err == nil {
			keys, err = index.MendStore(d.st, info.ID, set.Dims)
		}
		switch {
		case errors.Is(err, ErrDiskFull):
			return err
		case err != nil:
			d.doubtful.Store(true)
			log.Error("repairing keys failed; the next opening tries again; run doctor for details", "collection", info.Name, "err", err)
		case keys > 0:
			log.Warn("repaired keys", "collection", info.Name, "keys", keys)
		}
	}
	return d.st.Sync()
}
