package db

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// A restore removes what killed ones have left, and not what another is building.
func TestRestoreLeftovers(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	full, _ := backup(t, d, nil)
	parent := t.TempDir()
	for _, name := range []string{restoreTemp + "dead", restoreTemp + "busy"} {
		path := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(path, storeDir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	busy := flock.New(filepath.Join(parent, restoreTemp+"busy", lockFile))
	if ok, err := busy.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer func() { _ = busy.Unlock() }()
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(parent, restoreTemp+"busy"), old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), filepath.Join(parent, "new"), nil, readers(full)...); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != restoreTemp+"busy new" {
		t.Error(got)
	}
}

// Collections that are dropped while Doctor runs are no error of it.
func TestDoctorBesideDrops(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			for _, name := range []string{"a", "b", "c"} {
				c, err := d.Collection(t.Context(), name, &CollectionOptions{Dims: 2})
				if err == nil {
					_, err = c.Upsert(t.Context(), Document{ID: "1", Embedding: []float32{1, 2}}, Document{ID: "2", Embedding: []float32{2, 1}})
				}
				if err = errors.Join(err, d.Drop(t.Context(), name)); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for range 100 {
		if r, err := d.Doctor(t.Context(), nil); err != nil || !r.OK() {
			t.Errorf("%+v %v", r, err)
			break
		}
	}
	close(done)
	wg.Wait()
}

// Rows and snapshots whose places are taken by directories are made anew.
func TestDerivedDirectories(t *testing.T) {
	t.Parallel()
	c := newCampaign(t, false)
	dir := filepath.Join(t.TempDir(), "db")
	c.write(t, dir)
	for name := range c.files {
		if strings.HasPrefix(name, derivedDir) {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "with", "something"), 0o700)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if v := c.verdict(dir); v != "right" {
			t.Error(v)
		}
	}
}

// A time that does not fit is refused, and not stored as another one.
func TestExpiresRange(t *testing.T) {
	t.Parallel()
	d, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	c := openPrecomputed(t, d, 2)
	for _, year := range []int{-5, 10_000, 292_278, 1 << 40} {
		doc := Document{ID: "1", Embedding: []float32{1, 2}, Expires: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
		if _, err := c.Upsert(t.Context(), doc); !errors.Is(err, ErrInvalidMetadata) || !strings.Contains(err.Error(), "expires") {
			t.Errorf("year %d: %v", year, err)
		}
	}
}
