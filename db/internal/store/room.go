package store

import "fmt"

// minFree is the room that a write must leave. Badger writes its log through
// a memory mapping of a sparse file, and a mapped page that the file system
// can't provide kills the process: so a full disk is refused before it is met.
// A memtable and the table it becomes are 64 MiB each.
const minFree = 160 << 20

// room reports ErrDiskFull if the next write might not fit.
func (s *Store) room() error {
	free, err := s.freeBytes(s.dir)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", s.dir, err)
	}
	if free < minFree {
		return fmt.Errorf("%w: %s has %d MiB left, %d MiB are kept free; nothing was written",
			ErrDiskFull, s.dir, free>>20, minFree>>20)
	}
	return nil
}
