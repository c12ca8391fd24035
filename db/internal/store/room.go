package store

import (
	"fmt"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// A full disk is refused before it is met. Badger writes its log and its tables
// through memory mappings of sparse files, and a mapped page that the file system
// can't provide kills the process. So there must be room for what follows a
// commit without asking again: a memtable becomes a table of 64 MiB, and tables
// of level 0 are merged into those of the level below, which are deleted only
// when the new ones are written.
//
// What is deleted needs a few hundred bytes a document, and must be possible on a
// disk that is too full to write to, or there would be no way out: it may use the
// last 96 MiB of the reserve.
const (
	reserveWrite  = 160 << 20
	reserveDelete = 64 << 20
)

// room reports ErrDiskFull if the next transaction might not fit.
func (s *Store) room(reserve uint64) error {
	reserve += s.compacting()
	free, err := s.freeBytes(s.dir)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", s.dir, err)
	}
	if free >= reserve {
		return nil
	}
	if reserve < reserveWrite {
		return fmt.Errorf("%w: %s has %d MiB left, deleting needs %d MiB; nothing was deleted; free space on this disk",
			ErrDiskFull, s.dir, free>>20, reserve>>20)
	}
	return fmt.Errorf("%w: %s has %d MiB left, %d MiB are kept free; nothing was written; free space on this disk, or delete documents and compact",
		ErrDiskFull, s.dir, free>>20, reserve>>20)
}

// compacting is the size of the tables that the next compaction may write anew.
func (s *Store) compacting() uint64 {
	var sum int64
	for _, l := range s.bdb.Levels() {
		if l.Level == 0 || l.IsBaseLevel {
			sum += l.Size
		}
	}
	return uint64(sum)
}

// roomToCompact reports ErrDiskFull if the tables might not fit beside those that
// they replace.
func (s *Store) roomToCompact() error {
	free, err := s.freeBytes(s.dir)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", s.dir, err)
	}
	var size uint64
	for _, l := range s.bdb.Levels() {
		size += uint64(l.Size)
	}
	if free >= size+reserveWrite {
		return nil
	}
	// It is less if much was deleted.
	v := s.View(nil)
	defer v.Close()
	size = 0
	for item, err := range v.items(nil, nil, 0) {
		if err != nil {
			return err
		}
		size += uint64(item.EstimatedSize())
	}
	if need := size + size/10 + reserveDelete; free < need {
		return fmt.Errorf("%w: %s has %d MiB left, compacting needs %d MiB for a moment", ErrDiskFull, s.dir, free>>20, need>>20)
	}
	return nil
}

// roomForLogs reports ErrDiskFull if what is in the logs has no room as a table,
// which Badger makes of it when it is opened and closed.
func roomForLogs(dir string, freeBytes func(string) (uint64, error)) error {
	logs, err := filesOf(dir, ".mem")
	if err != nil {
		return err
	}
	need := uint64(4 << 20)
	for _, path := range logs {
		need += uint64(disk.Allocated(path))
	}
	free, err := freeBytes(dir)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", dir, err)
	}
	if free < need {
		return fmt.Errorf("%w: %s has %d MiB left, the log of the last writes needs %d MiB to become a table; nothing is lost: free space on this disk and open again",
			ErrDiskFull, dir, free>>20, need>>20+1)
	}
	return nil
}
