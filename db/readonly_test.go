package db

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestReadOnlyLeavesFiles: a read-only opening writes no files that another process
// may be reading, whether the derived files are complete, missing or truncated.
func TestReadOnlyLeavesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(21, 22))
	docs := make([]Document, 600)
	for i := range docs {
		docs[i] = precomputed(rng, fmt.Sprint(i), 8)
	}
	if _, err := openPrecomputed(t, d, 8).Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	derived := filepath.Join(dir, derivedDir)
	rowsFile := filepath.Join(derived, "00000001.rows")
	sound, err := os.ReadFile(rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"sound":   func() error { return nil },
		"cut":     func() error { return os.Truncate(rowsFile, 4096+36*100) },
		"foreign": func() error { return os.WriteFile(rowsFile, make([]byte, len(sound)), 0o644) },
		"missing": func() error { return os.RemoveAll(derived) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(derived, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(rowsFile, sound, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			before := listing(t, derived)
			d, err := Open(dir, &Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			c := openPrecomputed(t, d, 8)
			for _, exact := range []bool{true, false} {
				m, err := c.Search(t.Context(), Query{Embedding: docs[7].Embedding, K: 3, Exact: exact})
				if err != nil || len(m) != 3 || m[0].Document.ID != "7" {
					t.Error(m, err)
				}
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if after := listing(t, derived); after != before {
				t.Errorf("derived files were\n%sand are\n%s", before, after)
			}
		})
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var s string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		s += fmt.Sprintln(e.Name(), info.Size(), info.ModTime())
	}
	return s
}
