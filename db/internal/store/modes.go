package store

import (
	"os"
	"path/filepath"
)

// Badger creates its files for everybody to read. Those that it has created here are made
// readable by their owner alone; the modes of files that were there are left as they are.

// fileNames lists what is in a directory.
func fileNames(dir string) map[string]bool {
	all := make(map[string]bool)
	entries, _ := os.ReadDir(dir) // none, then
	for _, e := range entries {
		all[e.Name()] = true
	}
	return all
}

// tighten restricts the files that are new since the last call.
func (s *Store) tighten() {
	s.tightening.Lock()
	defer s.tightening.Unlock()
	now := fileNames(s.dir)
	for name := range now {
		if s.known[name] {
			continue
		}
		path := filepath.Join(s.dir, name)
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			_ = os.Chmod(path, 0o600) // the directory keeps others out as well
		}
	}
	s.known = now
}
