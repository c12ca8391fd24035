package store

import (
	"errors"
	"fmt"

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
	// A compaction drops what stands behind damage in a table.
	if err := s.Scrub(); err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	err := s.mark()
	if err == nil {
		err = s.drop()
	}
	if err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	if err := s.bdb.Flatten(2); err != nil {
		return fmt.Errorf("compact store: %w", err)
	}
	for {
		err := s.bdb.RunValueLogGC(0.3)
		if errors.Is(err, badger.ErrNoRewrite) || errors.Is(err, badger.ErrRejected) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("compact store: %w", err)
		}
	}
}

// mark writes the keys that make a compaction cover everything.
func (s *Store) mark() error {
	return s.do(func(txn *badger.Txn) error {
		err := errors.Join(txn.Delete(firstKey), txn.Set(dropKey, nil), txn.Delete(lastKey))
		if err != nil {
			return &partialError{err}
		}
		return nil
	}, nil)
}

// drop turns memtables into tables and compacts level 0. It runs on the committer,
// because Badger refuses writes meanwhile.
func (s *Store) drop() error {
	return s.submit(&request{alone: func() error { return s.bdb.DropPrefix(dropKey) }})
}
