package store

import (
	"errors"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db/internal/disk"
)

// After a sync that failed nothing is acknowledged any more, what was is read on,
// and the next opening has it: with the commit that failed as a whole, or without.
func TestFailedSync(t *testing.T) {
	eio := errors.New("input/output error")
	failDisk := func(*Store) (restore func()) {
		return disk.Fail(func(s disk.Step, _ string) error {
			if s == disk.Sync {
				return eio
			}
			return nil
		})
	}
	for name, fail := range map[string]func(s *Store) (restore func()){
		"log": failDisk,
		"value log": func(s *Store) func() {
			s.badgerLog.Errorf(valueLogSync+": %v\n", eio)
			return func() {}
		},
		"in the background": func(s *Store) func() {
			restore := failDisk(s)
			if err := s.Sync(); !errors.Is(err, eio) {
				t.Error(err)
			}
			return restore
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o := Options{}
			if name == "in the background" {
				o.SyncEvery = 1 << 40
			}
			s, err := Open(dir, o)
			if err != nil {
				t.Fatal(err)
			}
			cid := create(t, s, "c")
			commit(t, s, &Batch{Collection: cid, Puts: put("a", "b")})
			restore := fail(s)
			_, err = s.Commit(&Batch{Collection: cid, Puts: put("c", "d")})
			restore()
			if err == nil || !strings.Contains(err.Error(), eio.Error()) {
				t.Fatalf("acknowledged: %v", err)
			}
			if _, err := s.Commit(&Batch{Collection: cid, Puts: put("e")}); err == nil || !strings.Contains(err.Error(), "open it again") {
				t.Fatalf("after the failure: %v", err)
			}
			if _, err := s.CreateCollection("d", struct{}{}); err == nil {
				t.Error("a collection was created")
			}
			if got := ids(t, s, cid); !slices.Equal(got, []string{"a", "b"}) {
				t.Errorf("read after the failure: %v", got)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir)
			if got := ids(t, s, cid); !slices.Equal(got, []string{"a", "b"}) && !slices.Equal(got, []string{"a", "b", "c", "d"}) {
				t.Errorf("after opening again: %v", got)
			}
			v := s.View(nil)
			defer v.Close()
			if err := v.Check(cid, 2, func(f Fault) {
				if !strings.Contains(f.Detail, "length is") { // put makes no unit vectors
					t.Error(f)
				}
			}); err != nil {
				t.Error(err)
			}
			commit(t, s, &Batch{Collection: cid, Puts: put("e")})
		})
	}
}

// The message by which Badger tells of a value log that it could not sync.
func TestValueLogMessage(t *testing.T) {
	t.Parallel()
	p, err := build.Import("github.com/dgraph-io/badger/v4", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(p.Dir, "value.go"))
	if err != nil || !strings.Contains(string(b), `Errorf("`+valueLogSync) {
		t.Errorf("Badger says something else than %q, err %v", valueLogSync, err)
	}
}

// A log that can't be opened, for lack of descriptors or for who holds it, is
// synced the next time.
func TestSyncTriedAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a[1]*")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, Options{SyncEvery: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	cid := create(t, s, "c")
	odd := filepath.Join(dir, "99999.mem")
	if err := os.Mkdir(odd, 0o755); err != nil { // which nobody can open for writing
		t.Fatal(err)
	}
	if err := s.Sync(); err == nil || !strings.Contains(err.Error(), odd) {
		t.Errorf("synced: %v", err)
	}
	commit(t, s, &Batch{Collection: cid, Puts: put("a")})
	if err := os.Remove(odd); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(); err != nil {
		t.Error(err)
	}
	commit(t, s, &Batch{Collection: cid, Puts: put("b")})
}
