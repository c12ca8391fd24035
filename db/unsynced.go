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

// unsyncedFile is there while the database is open with SyncEvery, and names the
// boot of the system. Who finds it with the name of another boot knows that the
// system has stopped since, and may have lost any of the last writes: not only
// the newest of them, as it writes pages in whatever order it likes. It says
// failedDisk instead if a sync has failed, and stays until what may be missing has
// been looked for.
const (
	unsyncedFile = "UNSYNCED"
	failedDisk   = "a sync failed"
)

// Sync makes durable what was acknowledged before. Without Options.SyncEvery it
// is so already, and Sync does nothing.
//
// It returns ErrClosed, and the error of the disk.
func (d *DB) Sync() error {
	if err := d.gate.Enter(); err != nil {
		return wrap("sync", d.dir, err)
	}
	defer d.gate.Leave()
	return wrap("sync", d.dir, d.st.Sync())
}

// findUnsynced looks for what a process has left that ended without closing the
// database, and reports whether some of its writes may be lost. The store is not
// open yet.
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
		return lost, reason.For(ErrReadOnly, "it was not closed in good order: open it for writing once")
	}
	return lost, store.SyncLogs(filepath.Join(d.dir, storeDir))
}

// markUnsynced says from now on whether writes are acknowledged before they are
// on disk. Those of before are.
func (d *DB) markUnsynced() error {
	switch {
	case d.opts.ReadOnly:
		return nil
	case d.opts.SyncEvery > 0:
		return unwritableOrNil(disk.WriteFile(d.unsyncedPath(), []byte(disk.Boot()+"\n")))
	}
	return d.removeUnsynced()
}

// markFailed makes the next opening look for what may be missing.
func (d *DB) markFailed() {
	if d.opts.SyncEvery == 0 {
		return // the commit that failed was the only one that was not on disk
	}
	d.doubtful.Store(true)
	if err := disk.WriteFile(d.unsyncedPath(), []byte(failedDisk+"\n")); err != nil {
		d.opts.Logger.Error("the next opening can't be told that a sync failed", "err", err)
	}
}

// unmarkUnsynced ends what markUnsynced began, after a Close in good order.
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

// mendLost makes the keys of each collection fit together again when any of the
// last transactions may be missing, each as a whole. What is derived may know
// what the store does not, and is made anew. Where that fails the mark stays, and
// the next opening tries again.
func (d *DB) mendLost() error {
	log := d.opts.Logger
	why := "the system stopped, or its disk failed, while the last writes were not on disk"
	if len(d.Lost()) > 0 {
		why = "acknowledged writes are lost"
	}
	log.Warn(why + ": keys are compared, and the collections rebuilt when they are opened")
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
			log.Error("keys could not be put in order, which the next opening tries again; doctor says more", "collection", info.Name, "err", err)
		case keys > 0:
			log.Warn("put keys in order", "collection", info.Name, "keys", keys)
		}
	}
	return d.st.Sync()
}
