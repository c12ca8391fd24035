package store

import (
	"os"
	"path/filepath"
	"testing"
)

// A log that was created and not yet begun when the process was killed does
// not keep the store from opening.
func TestOpenWithEmptyLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 { // a new store, and one that was used
		s, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"000099.vlog", "00099.mem"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
