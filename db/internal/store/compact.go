package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
)

// Badger frees space when a compaction meets both a deleted value and what deletes
// it. On its own it compacts only a level that has grown too large, so the latest
// deletes stay in the memtable and in level 0 until more is written. Its Flatten
// moves tables down to the last level, and does nothing for tables that are all in
// one level.
//
// So Compact forces a compaction of everything. Tombstones of keys before and after
// all others span the whole range, and DropPrefix of a key that exists for nothing
// else turns memtables into tables and compacts level 0. Each step is one of
// Badger's own, with its manifest: a crash between them leaves a store that is
// partly compacted.
var (
	firstKey = []byte{0x00}
	dropKey  = []byte{0x01}
	lastKey  = []byte{0xff}
)

// Compact rewrites the tables to free the space of deleted data. Reads and writes
// wait while memtables are written and level 0 is compacted, for a fraction of a
// second per 64 MiB of recent writes. It returns ErrDiskFull if the new tables do not
// fit beside the old ones.
func (s *Store) Compact() error {
	if err := s.checkCompactCapacity(); err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	s.space.working.Lock()
	defer s.space.working.Unlock()
	// A compaction drops what stands behind damage in a table.
	err := s.Scrub()
	if err == nil {
		err = s.mark()
	}
	if err == nil {
		err = s.drop()
	}
	if err == nil {
		err = s.bdb.Flatten(2)
	}
	if err == nil {
		s.space.compacted(s.space.bytes())
		err = s.collectValues()
	}
	if err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	return nil
}

// collectValues rewrites the value logs that are mostly garbage.
func (s *Store) collectValues() error {
	if err := s.checkValueLogs(); err != nil {
		return err
	}
	for {
		err := s.bdb.RunValueLogGC(0.3)
		if errors.Is(err, badger.ErrNoRewrite) || errors.Is(err, badger.ErrRejected) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// checkValueLogs returns ErrCorrupt if a value log is damaged: Badger would rewrite it up
// to the damage, and delete it with what stands behind.
func (s *Store) checkValueLogs() error {
	paths, err := filesOf(s.dir, ".vlog")
	if err != nil || len(paths) < 2 {
		return err
	}
	for _, path := range paths[:len(paths)-1] { // not the one that is being written
		l, err := readLog(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if l != nil && l.dirty() && len(l.behind) > 0 {
			return fmt.Errorf("%w: the value log %s is damaged at byte %d; the documents in it cannot be read: write them again", ErrCorrupt, filepath.Base(path), l.sound)
		}
	}
	return nil
}

// mark writes the keys that make a compaction cover everything. The space for it has been
// looked for.
func (s *Store) mark() error {
	return s.submit(&request{alone: func() error {
		ts, err := s.update(func(txn *badger.Txn) error {
			return errors.Join(txn.Delete(firstKey), txn.Set(dropKey, nil), txn.Delete(lastKey), keepTime(txn))
		})
		if err == nil {
			s.pins.commit(ts)
		}
		return err
	}})
}

// drop turns memtables into tables and compacts level 0. It runs on the committer,
// because Badger refuses writes meanwhile.
func (s *Store) drop() error {
	return s.submit(&request{alone: func() error { return s.bdb.DropPrefix(dropKey) }})
}
