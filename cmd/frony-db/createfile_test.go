package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// What a killed process has left of a file is deleted, and nothing else that is called
// alike.
func TestCreateFileCleansUp(t *testing.T) {
	dir := t.TempDir()
	hour := time.Now().Add(-time.Hour)
	for _, name := range []string{"x.jsonl.part-1", "x.jsonl.part-123456789", "x.jsonl" + partMark + "1", "y.jsonl" + partMark + "1"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, hour, hour); err != nil {
			t.Fatal(err)
		}
	}
	err := createFile(filepath.Join(dir, "x.jsonl"), 0o644, func(w io.Writer) error {
		_, err := io.WriteString(w, "{}\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"x.jsonl", "x.jsonl.part-1", "x.jsonl.part-123456789", "y.jsonl" + partMark + "1"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
