//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A folder that can't be read is not an empty one: what was stored of it stays, it is
// named, and the exit code tells.
func TestPruneKeepsUnreadable(t *testing.T) {
	if os.Getuid() == 0 { // root can read everything
		asNobody(t)
		return
	}
	for _, mode := range []os.FileMode{0, 0o444} {
		c := newCLI(t)
		c.write("notes/ok/a.md", "읽기")
		c.write("notes/secret/b.md", "비밀")
		c.write("notes/secret/deep/c.md", "더 깊은 비밀")
		c.imported(exitOK, "notes", "--prune")
		chmod(t, "notes/secret", mode)
		if err := os.Remove("notes/ok/a.md"); err != nil {
			t.Fatal(err)
		}
		r := c.run("", "import", "notes", "--prune", "-q")
		if r.code != exitRejects || !strings.Contains(r.err, "secret") || !strings.Contains(r.err, "kept") {
			t.Errorf("mode %o: %+v", mode, r)
		}
		if got := c.ids(); !slices.Equal(got, []string{"secret/b.md", "secret/deep/c.md"}) {
			t.Errorf("mode %o: left are %q", mode, got)
		}
		for _, args := range [][]string{{"notes"}, {"notes/**/*.md"}} {
			c.write("notes/ok/d.md", "하나는 읽힌다")
			if r := c.run("", append([]string{"import", "-q"}, args...)...); r.code != exitRejects || !strings.Contains(r.err, "secret") {
				t.Errorf("mode %o, %q: %+v", mode, args, r)
			}
		}
		if r := c.run("", "import", "notes/ok/*.md", "-q"); r.code != exitOK {
			t.Errorf("a glob beside it: %+v", r)
		}
		if err := os.Chmod("notes/secret", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll("notes/secret"); err != nil {
			t.Fatal(err)
		}
		if r := c.imported(exitOK, "notes", "--prune"); r.Removed != 2 {
			t.Errorf("mode %o: gone in earnest: %+v", mode, r)
		}
	}
}

// asNobody runs the test in a process of an ordinary user.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	dir, err := os.MkdirTemp("", "nobody") //nolint:usetesting // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "test")
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(program, b, 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
	c.Dir, c.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(name, 0o755) }) // so that the folder can be removed
}

// A link whose file can't be reached, such as one to a disk that is not mounted, is
// there. This needs no ordinary user.
func TestUnreadLinks(t *testing.T) {
	c := newCLI(t)
	c.write("notes/a.md", "그대로")
	c.write("notes/disk/b.md", "디스크에 있다")
	if err := os.Symlink("disk/b.md", "notes/b.md"); err != nil {
		t.Fatal(err)
	}
	c.imported(exitOK, "notes", "--prune")
	if err := os.RemoveAll("notes/disk"); err != nil {
		t.Fatal(err)
	}
	r := c.run("", "import", "notes", "--prune", "-q")
	if r.code != exitRejects || !strings.Contains(r.err, "b.md: no such file") {
		t.Errorf("%+v", r)
	}
	if got := c.ids(); !slices.Equal(got, []string{"a.md", "b.md"}) {
		t.Errorf("left are %q", got)
	}
	if r := c.run("", "import", "notes", "-q"); r.code != exitRejects || !strings.Contains(r.err, "b.md") {
		t.Errorf("a plain import: %+v", r)
	}
	if err := os.Remove("notes/b.md"); err != nil {
		t.Fatal(err)
	}
	if r := c.imported(exitOK, "notes", "--prune"); r.Removed != 1 {
		t.Errorf("%+v", r)
	}
}

func TestWatchKeepsUnreadable(t *testing.T) {
	c := newCLI(t)
	c.write("notes/disk/b.md", "디스크에 있다")
	if err := os.Symlink("disk/b.md", "notes/b.md"); err != nil {
		t.Fatal(err)
	}
	w := c.watch("notes", "-q")
	w.settles("b.md", "disk/b.md")
	if err := os.RemoveAll("notes/disk"); err != nil {
		t.Fatal(err)
	}
	w.settles("b.md")
	if err := os.Remove("notes/b.md"); err != nil {
		t.Fatal(err)
	}
	w.settles()
	if code, errOut := w.stop(); code != exitOK || strings.Count(errOut, "b.md: no such file") != 1 {
		t.Errorf("exit code %d\n%s", code, errOut)
	}
}
