package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// tabled is a store whose documents lie in tables.
func tabled(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir(), Options{SyncEvery: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	info, err := s.CreateCollection("c", struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		id := fmt.Sprintf("d%d", i)
		done, err := s.Commit(&Batch{Collection: info.ID, Puts: []Put{{
			ID: id, Record: AppendRecord(nil, &Record{ID: id, Text: id}), Vector: AppendVector(nil, make([]float32, 384)),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		done.Release()
	}
	if err := s.Compact(); err != nil {
		t.Fatal(err)
	}
	if len(s.tables()) == 0 {
		t.Fatal("no tables")
	}
	return s
}

// Badger cuts a table that a compaction has replaced, then removes it. Whoever reads it
// at that moment finds it damaged, and it is not.
func TestScrubOfReplacedTables(t *testing.T) {
	t.Parallel()
	s := tabled(t)
	whole, err := os.ReadFile(s.tables()[0])
	if err != nil {
		t.Fatal(err)
	}
	paths := s.tables()
	for i, b := range [][]byte{nil, whole[:len(whole)/2], whole[:len(whole)-1]} {
		path := filepath.Join(s.dir, fmt.Sprintf("%06d.sst", 900+i))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.Remove(path) }()
		paths = append(paths, path)
	}
	paths = append(paths, filepath.Join(s.dir, "000910.sst")) // removed already
	if err := s.scrub(paths); err != nil {
		t.Error(err)
	}
	if h := s.holes.Load(); h != nil && len(*h) > 0 {
		t.Errorf("%d blocks are said to be damaged", len(*h))
	}
}

// A block of a table in use is reported, whatever else is compacted.
func TestScrubOfDamage(t *testing.T) {
	t.Parallel()
	s := tabled(t)
	path := s.tables()[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	at := int64(bytes.Index(whole, []byte("d250")))
	if at < 0 {
		t.Fatal("no document d250 in the first table")
	}
	if _, err := f.WriteAt([]byte("x"), at); err != nil {
		t.Fatal(err)
	}
	if err := s.Scrub(); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Scrub returned %v, want ErrCorrupt", err)
	}
	if _, err := f.WriteAt(whole[at:at+1], at); err != nil { // so that it closes without a word
		t.Fatal(err)
	}
	if err := s.Scrub(); err != nil {
		t.Error(err)
	}
}
