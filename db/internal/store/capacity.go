package store

import (
	"fmt"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// Writes are refused before the disk is full. Badger writes its log and its tables
// through memory mappings of sparse files, and a mapped page that the file system
// cannot provide kills the process. So there must be space for everything that
// follows a commit without asking again: a memtable becomes a table of 64 MiB, and
// tables of level 0 are merged into those of the level below, which are deleted
// only after the new ones are written.
//
// A delete takes a few hundred bytes per document. It must be possible on a disk
// that is too full for writes, or there would be no way out, so deletes may use the
// last 96 MiB of the reserve.
const (
	reserveWrite  = 160 << 20
	reserveDelete = 64 << 20
)

// checkCapacity returns ErrDiskFull if the next transaction might not fit.
func (s *Store) checkCapacity(reserve uint64) error {
	reserve += s.look()
	free, err := s.freeBytes(s.dir)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", s.dir, err)
	}
	if free >= reserve {
		return nil
	}
	if reserve < reserveWrite {
		return fmt.Errorf("%w: %s has %d MiB free, deleting needs %d MiB; nothing was deleted; free space on this disk",
			ErrDiskFull, s.dir, free>>20, reserve>>20)
	}
	return fmt.Errorf("%w: %s has %d MiB free, writing needs %d MiB; nothing was written; free space on this disk, or %s",
		ErrDiskFull, s.dir, free>>20, reserve>>20, s.givesBack())
}

// givesBack says what deleting and compacting would free.
func (s *Store) givesBack() string {
	var live uint64
	s.mu.RLock()
	for _, st := range s.states {
		live += st.Live
	}
	s.mu.RUnlock()
	s.space.mu.Lock()
	garbage, tables := s.space.garbage, s.space.inTables
	s.space.mu.Unlock()
	each := (tables - min(tables, garbage)) / max(live, 1)
	return fmt.Sprintf("delete documents and compact: compacting gives back about %d MiB now, and about %d MiB more for each 10,000 documents that are deleted before (deleting alone gives nothing back); it needs up to %d MiB while it runs",
		garbage>>20, each*10_000>>20, (tables-min(tables, garbage)+reserveDelete)>>20)
}

// checkCompactCapacity returns ErrDiskFull if the new tables might not fit beside
// those that they replace.
func (s *Store) checkCompactCapacity() error {
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
	// The tables may hold little that is live, so count that.
	v := s.View(nil)
	defer v.Close()
	size = 0
	for item, err := range v.items(nil, nil, 0) {
		if isHole(err) {
			break
		}
		if err != nil {
			return err
		}
		size += uint64(item.EstimatedSize())
	}
	if need := size + size/10 + reserveDelete; free < need {
		return fmt.Errorf("%w: %s has %d MiB free, compacting needs up to %d MiB while it runs", ErrDiskFull, s.dir, free>>20, need>>20)
	}
	return nil
}

// checkLogCapacity returns ErrDiskFull if there is no space for the tables that
// Badger makes of its logs when it is opened and closed.
func checkLogCapacity(dir string, freeBytes func(string) (uint64, error)) error {
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
		return fmt.Errorf("%w: %s has %d MiB free, the log of the last writes needs %d MiB to become a table; nothing is lost: free space on this disk and open again",
			ErrDiskFull, dir, free>>20, need>>20+1)
	}
	return nil
}
