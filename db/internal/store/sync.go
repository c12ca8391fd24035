package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// Sync makes everything that is committed durable. Without SyncEvery it already is,
// and Sync does nothing.
//
// Badger's own Sync covers only the log that is being written, not those that are
// being turned into tables, and it does not notice when the one becomes the other
// meanwhile. So the files are synced first, and then Badger syncs the little that
// was written since, while writes wait.
func (s *Store) Sync() error {
	if s.opts.SyncEvery == 0 || s.opts.ReadOnly {
		return nil
	}
	if err := s.failed.Load(); err != nil {
		return *err
	}
	newest := s.pins.newest()
	err := errors.Join(SyncLogs(s.dir), failedSync(disk.Try(disk.Sync, s.dir)))
	if err == nil {
		err = s.submit(&request{alone: func() error { return failedSync(s.bdb.Sync()) }})
	}
	switch {
	case err == nil:
		s.noteWritten(newest, true)
		return nil
	case errors.Is(err, ErrClosed):
		return err
	case errors.Is(err, errSync):
		s.fail(err)
	}
	return fmt.Errorf("sync store: %w", err)
}

// errSync is returned when a sync itself fails. A file that could not be opened, for
// want of descriptors perhaps, is another matter: it can be synced later.
var errSync = errors.New("sync failed")

func failedSync(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errSync, err)
}

// SyncLogs makes durable what a process has left in the logs of a store. Values come
// before the logs that point at them.
func SyncLogs(dir string) error {
	for _, ext := range []string{".vlog", ".mem"} {
		logs, err := filesOf(dir, ext)
		if err != nil {
			return err
		}
		for _, path := range logs {
			if err := syncFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // it has become a table
				return err
			}
		}
	}
	d, err := os.Open(dir) // for the names of new logs
	if err != nil {
		return err
	}
	_ = d.Sync() // not every file system can sync directories
	return d.Close()
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(failedSync(f.Sync()), f.Close())
}

// filesOf returns the paths of the files in dir with an extension. It does not use
// filepath.Glob, which would take characters in dir for a pattern.
func filesOf(dir, ext string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ext {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// doDurably is do for changes that later transactions depend on, such as a new
// collection: it is on disk before any of them.
func (s *Store) doDurably(fn func(*badger.Txn) error, after func()) error {
	if err := s.do(fn, after); err != nil {
		return err
	}
	s.syncLogged() // the change is made; if the disk has failed, the next write says so
	return nil
}

func (s *Store) syncLogged() {
	if err := s.Sync(); err != nil && !errors.Is(err, ErrClosed) && s.failed.Load() == nil {
		s.log.Warn("background sync failed; will retry", "err", err)
	}
}

// syncer makes commits durable in the background.
func (s *Store) syncer() {
	t := time.NewTicker(s.opts.SyncEvery)
	defer t.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-t.C:
			s.syncLogged()
		}
	}
}
