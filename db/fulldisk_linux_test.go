package db

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fronyai/frony-db/db/filter"
	"github.com/fronyai/frony-db/db/internal/disk"
)

// smallDisk mounts a small file system that a test may fill.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("a small tmpfs can't be mounted (%v): run as root; TestDeleteOnFullDisk and TestFailingFiles go without it", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillUp fills the file system until left MiB are free.
func fillUp(t *testing.T, dir string, left uint64) {
	t.Helper()
	path := filepath.Join(dir, "filler")
	_ = os.Remove(path)
	free, err := disk.Free(dir)
	if err != nil || free < left<<20 {
		t.Fatal(free>>20, left, err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for n := free - left<<20; n > 0; n -= min(n, uint64(len(chunk))) {
		if _, err := f.Write(chunk[:min(n, uint64(len(chunk)))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFullDisk fills a real file system. Writes are refused before they could kill
// the process, deleting and compacting free space, and no acknowledged write is
// lost.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills a disk of 480 MiB")
	}
	root := smallDisk(t, 480)
	dir := filepath.Join(root, "data")
	open := func() (*DB, *Collection) {
		t.Helper()
		d, err := Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := d.Collection(t.Context(), "c", &CollectionOptions{Dims: 1024, HeadDims: 16, M: 4, EfConstruction: 8})
		if err != nil {
			t.Fatal(err)
		}
		return d, c
	}
	d, c := open()
	rng := rand.New(rand.NewPCG(1, 2))
	live := map[string]bool{}
	next := 0
	write := func() error {
		docs := make([]Document, 500)
		for i := range docs {
			docs[i] = precomputed(rng, fmt.Sprint(next), 1024)
			next++
		}
		if _, err := c.Insert(t.Context(), docs...); err != nil {
			return err
		}
		for _, doc := range docs {
			live[doc.ID] = true
		}
		return nil
	}
	remove := func(n int) error {
		var ids []string
		for id := range live {
			if len(ids) == n {
				break
			}
			ids = append(ids, id)
		}
		if _, err := c.Delete(t.Context(), ids...); err != nil {
			return err
		}
		for _, id := range ids {
			delete(live, id)
		}
		return nil
	}
	check := func(when string) {
		t.Helper()
		if n, err := c.Count(t.Context(), filter.All()); n != len(live) || err != nil {
			t.Fatalf("%s: %d documents, want %d; %v", when, n, len(live), err)
		}
		if m, err := c.Search(t.Context(), Query{Embedding: precomputed(rng, "", 1024).Embedding, K: 5}); err != nil || len(m) != min(5, len(live)) {
			t.Fatal(when, len(m), err)
		}
	}
	var err error
	for err == nil {
		err = write()
	}
	if !errors.Is(err, ErrDiskFull) || len(live) < 5000 {
		t.Fatal(len(live), err)
	}
	t.Logf("%d documents fit: %v", len(live), err)
	check("full")
	// Deleting still works when writing does not.
	if err := remove(1000); err != nil {
		t.Fatal(err)
	}
	check("full, some deleted")
	// Other files take the rest. Nothing can be written now; reads still work.
	fillUp(t, root, 8)
	if err := remove(10); !errors.Is(err, ErrDiskFull) {
		t.Error(err)
	}
	if err := write(); !errors.Is(err, ErrDiskFull) {
		t.Error(err)
	}
	_ = c.Snapshot(t.Context()) // may or may not fit
	check("nothing left")
	if err := os.Remove(filepath.Join(root, "filler")); err != nil {
		t.Fatal(err)
	}
	for few := len(live) / 10; len(live) > few; {
		if err := remove(min(5000, len(live)-few)); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := d.Compact(t.Context()); err != nil || r.After > r.Before/2 {
		t.Errorf("%+v %v", r, err)
	} else {
		t.Logf("compacted from %d to %d MiB", r.Before>>20, r.After>>20)
	}
	check("compacted")
	for range 3 {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	check("written again")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, c = open()
	check("opened again")
	if r, err := d.Doctor(t.Context(), &DoctorOptions{Sample: 100}); err != nil || !r.OK() {
		t.Errorf("%+v %v", r, err)
	}
	// A disk without space for the log's table: Close and Open return an error and are
	// not killed. Once there is space, all documents are there.
	if err := write(); err != nil {
		t.Fatal(err)
	}
	fillUp(t, root, 2)
	if err := d.Close(); !errors.Is(err, ErrDiskFull) {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(root, "filler")); err != nil {
		t.Fatal(err)
	}
	left := dir
	root = smallDisk(t, 800)          // a copy is not sparse
	dir = filepath.Join(root, "copy") // this process has the original files open
	if err := os.CopyFS(dir, os.DirFS(left)); err != nil {
		t.Fatal(err)
	}
	fillUp(t, root, 8)
	if _, err := Open(dir, nil); !errors.Is(err, ErrDiskFull) {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(root, "filler")); err != nil {
		t.Fatal(err)
	}
	d, c = open()
	check("after all")
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
