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

// Sync makes everything that is committed durable. Without SyncEvery it is so
// already, and nothing is done.
//
// Badger's own Sync knows the log that is written to, and not those that are
// being turned into tables; nor does it look out for one that becomes such a log
// meanwhile. So the files are synced first, and then Badger syncs what little has
// been written since, while nothing is.
func (s *Store) Sync() error {
	if s.opts.SyncEvery == 0 || s.opts.ReadOnly {
		return nil
	}
	if err := s.broken.Load(); err != nil {
		return *err
	}
	err := errors.Join(SyncLogs(s.dir), failedSync(disk.Try(disk.Sync, s.dir)))
	if err == nil {
		err = s.submit(&request{alone: func() error { return failedSync(s.bdb.Sync()) }})
	}
	switch {
	case err == nil, errors.Is(err, ErrClosed):
		return err
	case errors.Is(err, errSync):
		s.stop(err)
	}
	return fmt.Errorf("sync store: %w", err)
}

// errSync is the error of a sync itself. A file that could not be opened, for lack
// of descriptors perhaps, is none: it can be synced later.
var errSync = errors.New("the disk could not sync")

func failedSync(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errSync, err)
}

// SyncLogs makes durable what a process has left in the logs of a store: values
// before the logs that point at them.
func SyncLogs(dir string) error {
	for _, ext := range []string{".vlog", ".mem"} {
		logs, err := filesOf(dir, ext)
		if err != nil {
			return err
		}
		for _, path := range logs {
			if err := syncFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // a table has its place
				return err
			}
		}
	}
	d, err := os.Open(dir) // for the names of new logs
	if err != nil {
		return err
	}
	_ = d.Sync() // where directories can't be synced, the file system is trusted
	return d.Close()
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(failedSync(f.Sync()), f.Close())
}

// filesOf are the paths of the files in dir with an extension. The path of dir may
// hold what is a pattern to filepath.Glob.
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

// doDurably is do for what later transactions rest on: which collections there
// are. It is on disk before any of those.
func (s *Store) doDurably(fn func(*badger.Txn) error, after func()) error {
	if err := s.do(fn, after); err != nil {
		return err
	}
	s.syncLogged() // it is done; if the disk has failed, the next write says so
	return nil
}

func (s *Store) syncLogged() {
	if err := s.Sync(); err != nil && !errors.Is(err, ErrClosed) && s.broken.Load() == nil {
		s.log.Warn("background sync failed; it is tried again", "err", err)
	}
}

// syncer makes commits durable in the background.
func (s *Store) syncer() {
	t := time.NewTicker(s.opts.SyncEvery)
	defer t.Stop()
	for {
		select {
		case <-s.stopped:
			return
		case <-t.C:
			s.syncLogged()
		}
	}
}
