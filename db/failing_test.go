package db

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/disk"
)

// TestFailingFiles makes the disk fail at each step of each derived file, once or
// permanently, with an error or a short write. Writes must still be acknowledged and
// searchable, as the store has them, and the next opening, on a working disk, must
// have all documents.
func TestFailingFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test; run without -short")
	}
	for _, file := range []string{".snapshot", ".rows"} {
		for _, step := range []disk.Step{disk.Create, disk.Write, disk.Sync, disk.Rename} {
			for _, once := range []bool{false, true} {
				if file == ".rows" && (step == disk.Create || step == disk.Rename) {
					continue // opened earlier, and never renamed
				}
				t.Run(fmt.Sprint(file, " ", step, " once ", once), func(t *testing.T) {
					dir := t.TempDir()
					d, log := openLogged(t, dir)
					c := openPrecomputed(t, d, 8)
					rng := rand.New(rand.NewPCG(1, 2))
					var docs []Document
					write := func() {
						t.Helper()
						doc := precomputed(rng, fmt.Sprint(len(docs)), 8)
						if _, err := c.Upsert(t.Context(), doc); err != nil {
							t.Fatal(err)
						}
						docs = append(docs, doc)
					}
					check := func(c *Collection) {
						t.Helper()
						if n, err := c.Count(t.Context(), filter.All()); n != len(docs) || err != nil {
							t.Error(n, err)
						}
						for _, doc := range docs {
							if m, err := c.Search(t.Context(), Query{Embedding: doc.Embedding, K: 1}); err != nil || len(m) != 1 || m[0].Document.ID != doc.ID {
								t.Fatal(doc.ID, m, err)
							}
						}
					}
					write()
					if err := c.Snapshot(t.Context()); err != nil {
						t.Fatal(err)
					}
					hits := 0
					restore := disk.Fail(func(s disk.Step, path string) error {
						if s != step || filepath.Ext(path) != file || once && hits > 0 {
							return nil
						}
						hits++
						return &faultError{step: s, err: syscall.EIO}
					})
					defer restore()
					for range 5 {
						write()
					}
					check(c)
					err := c.Snapshot(t.Context())
					if fails := step != disk.Write || file == ".snapshot"; (err != nil) != fails || fails && !errors.Is(err, syscall.EIO) {
						t.Errorf("the snapshot's error is %v", err)
					}
					write()
					check(c)
					if hits == 0 {
						t.Error("nothing failed")
					}
					killed := copyTree(t, dir)
					if err := d.Close(); err != nil {
						t.Error(err)
					}
					if text := log.String(); step == disk.Write && file == ".rows" && !strings.Contains(text, "not cached") {
						t.Error("the fault was not logged:", text)
					}
					restore()
					for _, dir := range []string{dir, killed} {
						d, _ := openLogged(t, dir)
						check(openPrecomputed(t, d, 8))
						if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
							t.Errorf("%+v %v", r, err)
						}
						if left, _ := filepath.Glob(filepath.Join(dir, derivedDir, "*.tmp-*")); left != nil {
							t.Error("left behind:", left)
						}
						if err := d.Close(); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
	}
}

type faultError struct {
	step disk.Step
	err  error
}

func (e *faultError) Error() string { return fmt.Sprintf("%s: %v", e.step, e.err) }
func (e *faultError) Unwrap() error { return e.err }

// TestFailingMarker: if the marker file can't be written there is no database yet,
// and the next Open creates it.
func TestFailingMarker(t *testing.T) {
	for _, step := range []disk.Step{disk.Create, disk.Write, disk.Sync, disk.Rename} {
		dir := t.TempDir()
		restore := disk.Fail(func(s disk.Step, path string) error {
			if s == step && filepath.Base(path) == markerFile {
				return syscall.ENOSPC
			}
			return nil
		})
		_, err := Open(dir, nil)
		restore()
		if !errors.Is(err, syscall.ENOSPC) {
			t.Error(step, err)
		}
		d, _ := openLogged(t, dir)
		if err := d.Close(); err != nil {
			t.Error(step, err)
		}
	}
}

// limited is a writer that fails after so many bytes.
type limited struct{ left int }

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// TestFailingBackup: if writing a backup fails at any byte, Backup returns the error,
// and the database keeps working.
func TestFailingBackup(t *testing.T) {
	d, c := sick(t, 200)
	whole := &limited{1 << 30}
	if _, err := d.Backup(t.Context(), whole, nil); err != nil {
		t.Fatal(err)
	}
	size := 1<<30 - whole.left
	for left := 0; left < size; left += 1 + size/40 {
		if _, err := d.Backup(t.Context(), &limited{left}, nil); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("failing after %d of %d bytes: %v", left, size, err)
		}
	}
	if _, err := d.Backup(t.Context(), io.Discard, nil); err != nil {
		t.Error(err)
	}
	if n, err := c.Count(t.Context(), filter.All()); n != 200 || err != nil {
		t.Error(n, err)
	}
}
