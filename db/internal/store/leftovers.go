package store

import (
	"os"
	"path/filepath"
)

// removeLeftovers deletes empty log files. Badger creates a log, and gives it size
// and header in a second step. Killed in between, it refuses to open the directory
// again ("Create a new file"), because it takes the empty file for one it has just
// created. Nothing is lost: entries come after the header. The caller holds the
// directory's lock.
func removeLeftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.Type().IsRegular() || ext != ".vlog" && ext != ".mem" {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Size() > 0 {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
