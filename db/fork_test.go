package db

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A directory is set back to a copy, and goes on. A backup of what came after the copy is
// of another history, whatever its numbers; those of before are bases still.
func TestForkedHistory(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} { // the copy is taken of a closed database, or of an open one
		dir := filepath.Join(t.TempDir(), "db")
		put := func(d *DB, history string, n int) {
			t.Helper()
			c := openPrecomputed(t, d, 2)
			for i := range n {
				doc := Document{ID: fmt.Sprint(i), Embedding: []float32{1, float32(i)}, Metadata: Metadata{"history": history}}
				if _, err := c.Upsert(t.Context(), doc); err != nil {
					t.Fatal(err)
				}
			}
		}
		reopened := func() *DB {
			t.Helper()
			d, err := Open(dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := reopened()
		put(d, "zero", 20)
		fullBytes, full := backup(t, d, nil)
		put(d, "zero again", 5)
		if !running {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
		was := readTree(t, dir)
		if !running {
			d = reopened()
		}
		put(d, "one", 10)
		_, one := backup(t, d, full)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}

		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		(&campaign{files: was}).write(t, dir)
		d = reopened()
		put(d, "two", 30)
		if _, err := d.Backup(t.Context(), new(bytes.Buffer), &BackupOptions{Base: one}); !errors.Is(err, ErrBackup) {
			t.Errorf("running %v: an increment on another history: %v", running, err)
		}
		increment, _ := backup(t, d, full)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		restored := filepath.Join(t.TempDir(), "new")
		if _, err := Restore(t.Context(), restored, nil, readers(fullBytes, increment)...); err != nil {
			t.Fatal(err)
		}
		d, err := Open(restored, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for doc, err := range openPrecomputed(t, d, 2).Scan(t.Context(), Scan{}) {
			if err != nil || doc.Metadata["history"] != "two" {
				t.Error(doc.ID, doc.Metadata, err)
			}
			n++
		}
		if n != 30 {
			t.Errorf("%d documents", n)
		}
		// Nothing was written since: the moment is before the first session.
		_, first := backup(t, d, nil)
		backup(t, d, first)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
