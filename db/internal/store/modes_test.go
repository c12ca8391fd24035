//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What the store creates is for its owner alone, also what Badger does; the modes of
// files that were there stay as they are.
func TestModes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check := func(when, shared string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			if others := info.Mode().Perm() & 0o077; (others != 0) != (e.Name() == shared) {
				t.Errorf("%s: %s has mode %v", when, e.Name(), info.Mode())
			}
		}
	}
	s := open(t, dir)
	cid := create(t, s, "c")
	commit(t, s, &Batch{Collection: cid, Puts: put("1")})
	check("open", "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check("closed", "")
	table := named(files(t, dir), ".sst")
	if err := os.Chmod(filepath.Join(dir, table), 0o640); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	check("opened again", table)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// An error of the system is not called damage, and says what helps.
func TestSystemErrors(t *testing.T) {
	t.Parallel()
	for errno, hint := range map[syscall.Errno]string{syscall.EMFILE: "ulimit", syscall.EACCES: "owner", syscall.EPERM: "owner"} {
		for _, err := range []error{&os.PathError{Op: "open", Path: "x", Err: errno}, errors.New("while opening: " + errno.Error())} {
			if got := systemError(err); !errors.Is(got, ErrSystem) || errors.Is(got, ErrCorrupt) || !strings.Contains(got.Error(), hint) {
				t.Errorf("%v: %v", err, got)
			}
		}
	}
	if err := systemError(ErrCorrupt); err != nil {
		t.Error(err)
	}
}

// Files of Badger that hold nothing are made anew, whatever has become of them.
func TestHelpersRenewed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{discardFile, registryFile} {
		for what, hurt := range map[string]func(path string) error{
			"directory": func(path string) error {
				return errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "with", "something"), 0o700))
			},
			"empty":   func(path string) error { return os.Truncate(path, 0) },
			"short":   func(path string) error { return os.Truncate(path, 7) },
			"garbage": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("\xff", 1<<20)), 0o600) },
			"gone":    os.Remove,
		} {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir)
			cid := create(t, s, "c")
			commit(t, s, &Batch{Collection: cid, Puts: put("1")})
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := hurt(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			s, err := Open(dir, Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
				continue
			}
			if got := ids(t, s, cid); len(got) != 1 {
				t.Errorf("%s, %s: %v", name, what, got)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
