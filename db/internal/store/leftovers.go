package store

import (
	"os"
	"path/filepath"
)

// removeLeftovers deletes log files without a byte in them. Badger creates a
// log, and gives it its size and header in a second step; killed in between, it
// refuses to open the directory again ("Create a new file"), as it takes the
// empty file for one it has just made. Nothing is lost with it: the first entry
// comes behind the header. The caller holds the directory's lock.
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
