package store

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Badger gives space back when a compaction meets what hides a value and the
// value itself. By itself it compacts a level that has grown too large, so what
// was deleted last lies in the memtable and in level 0 for as long as nothing
// else is written; its Flatten moves tables down to the last level, and does
// nothing for tables that are all in one level.
//
// So Compact brings about a compaction of everything: tombstones of keys before
// and behind all others make the range of a compaction, and DropPrefix of a key
// that is there for nothing else turns memtables into tables and compacts level
// 0. Each step is one of Badger's own, with its manifest: a crash between them
// leaves a store that is compacted less.
var (
	firstKey = []byte{0x00}
	dropKey  = []byte{0x01}
	lastKey  = []byte{0xff}
)

// Compact rewrites the tables so that deleted data gives its space back. Writes
// and reads wait while memtables are written and level 0 is compacted, for a
// fraction of a second for each 64 MiB that was written last. It returns ErrDiskFull
// if there is no room for the tables that are to replace the old ones.
func (s *Store) Compact() error {
	if err := s.roomToCompact(); err != nil {
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

// mark writes the keys that make a compaction of everything.
func (s *Store) mark() error {
	return s.do(func(txn *badger.Txn) error {
		err := errors.Join(txn.Delete(firstKey), txn.Set(dropKey, nil), txn.Delete(lastKey))
		if err != nil {
			return &partialError{err}
		}
		return nil
	}, nil)
}

// drop makes tables of memtables and compacts level 0. The committer does it, as
// Badger refuses writes meanwhile.
func (s *Store) drop() error {
	return s.submit(&request{alone: func() error { return s.bdb.DropPrefix(dropKey) }})
}
