package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// watching is a running import --watch.
type watching struct {
	cli
	out  output // a line for each change that was stored
	errs output
	stop func() (int, string)
}

// watch runs import --watch until stop is called.
func (c cli) watch(args ...string) *watching {
	c.t.Helper()
	w := &watching{cli: c}
	ctx, cancel := context.WithCancel(c.t.Context())
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"import", "--watch"}, args...), strings.NewReader(""), &w.out, &w.errs)
	}()
	c.t.Cleanup(cancel)
	w.stop = func() (int, string) {
		cancel()
		return <-code, w.errs.String()
	}
	return w
}

// settles waits until the collection has exactly these ids. It only looks after the
// watcher has stored something, since looking locks the database.
func (w *watching) settles(want ...string) {
	w.t.Helper()
	var got []string
	seen := -1
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		lines := strings.Count(w.out.String(), "\n")
		if lines == seen {
			continue
		}
		r := w.run("", "export", "-q")
		if r.code != exitOK {
			continue // the watcher has the database
		}
		if got = w.idsOf(r.out); slices.Equal(got, want) {
			return
		}
		seen = lines
	}
	w.t.Fatalf("got %q, want %q", got, want)
}

func TestWatch(t *testing.T) {
	c := newCLI(t)
	c.write("notes/a.md", guide(3, "처음"))
	c.write("notes/sub/b.txt", "글이 있다")
	c.write("notes/rows.jsonl", `{"id":"row","text":"is not a document"}`)
	c.write("more.jsonl", `{"id":"other","text":"not of this folder"}`)
	c.imported(exitOK, "more.jsonl")
	w := c.watch("notes", "--chunk", "100", "-q")
	w.settles("a.md#0", "a.md#1", "a.md#2", "other", "sub/b.txt")

	c.write("notes/a.md", guide(1, "나중"))
	w.settles("a.md", "other", "sub/b.txt")
	c.write("notes/new/deep/c.md", "# 새 글\n\n새 폴더에 있다") // a folder that was not there
	w.settles("a.md", "new/deep/c.md", "other", "sub/b.txt")
	c.write("notes/new/deep/d.md", "하나 더")
	w.settles("a.md", "new/deep/c.md", "new/deep/d.md", "other", "sub/b.txt")
	if err := os.Rename("notes/new", "notes/old"); err != nil {
		t.Fatal(err)
	}
	w.settles("a.md", "old/deep/c.md", "old/deep/d.md", "other", "sub/b.txt")
	if err := os.RemoveAll("notes/old"); err != nil {
		t.Fatal(err)
	}
	w.settles("a.md", "other", "sub/b.txt")
	c.write("notes/sub/b.txt", "") // emptied
	w.settles("a.md", "other")
	c.write("notes/a.md", "\xff\xfe\xff") // not text: what was there stays
	c.write("notes/e.md", "끝")
	w.settles("a.md", "e.md", "other")
	if code, errOut := w.stop(); code != exitOK || !strings.Contains(errOut, "a.md") {
		t.Errorf("exit code %d\n%s", code, errOut)
	}

	// The chunks of files that were removed while nobody watched are deleted at the next
	// start, and by --prune. Other documents stay.
	for _, name := range []string{"notes/a.md", "notes/e.md"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	c.write("notes/f.md", "다시")
	if r := c.imported(exitOK, "notes", "--prune"); r.Added != 1 || r.Removed != 2 {
		t.Errorf("prune: %+v", r)
	}
	if got := c.ids(); !slices.Equal(got, []string{"f.md", "other"}) {
		t.Errorf("after a prune: %q", got)
	}
	if err := os.Remove("notes/f.md"); err != nil {
		t.Fatal(err)
	}
	w = c.watch("notes", "-q")
	w.settles("other")
	if code, errOut := w.stop(); code != exitOK {
		t.Errorf("exit code %d\n%s", code, errOut)
	}
}

// A file that can't be read keeps its previous version, and the exit code reports it. A
// missing folder deletes nothing, but an empty one does.
func TestPruneKeepsWhatItCannotRead(t *testing.T) {
	c := newCLI(t)
	c.write("notes/a.md", "글이 있다")
	c.imported(exitOK, "notes", "--prune")
	c.write("notes/a.md", "\x00")
	if r := c.imported(exitRejects, "notes", "--prune"); r.Rejected != 1 || r.Removed != 0 {
		t.Errorf("a file that is not text: %+v", r)
	}
	if r := c.run("", "import", "notes", "--prune"); r.code != exitRejects || !strings.HasSuffix(r.out, ", 1 rejected\n") {
		t.Errorf("as text: %+v", r)
	}
	if err := os.RemoveAll("notes"); err != nil {
		t.Fatal(err)
	}
	if r := c.run("", "import", "notes", "--prune"); r.code != exitError || !slices.Equal(c.ids(), []string{"a.md"}) {
		t.Errorf("a folder that is gone: %+v, %q", r, c.ids())
	}
	c.write("notes/empty.md", "")
	if out := c.ok("import", "notes", "--prune"); out != "default: nothing to read, 1 old chunk removed\n" {
		t.Errorf("an empty folder: %q", out)
	}
}

func TestWatchMistakes(t *testing.T) {
	c := newCLI(t)
	c.write("a.md", "x")
	for _, m := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"a.md", "--watch"}, exitUsage, `"a.md" is a file`},
		{[]string{"-", "--watch"}, exitError, "no such file"},
		{[]string{".", "x", "--watch"}, exitUsage, "one folder"},
		{[]string{".", "--prune", "--format", "csv"}, exitUsage, "--format csv"},
		{[]string{"nowhere", "--watch"}, exitError, "nowhere"},
	} {
		r := c.run("", append([]string{"import"}, m.args...)...)
		if r.code != m.code || !strings.Contains(r.err, m.says) {
			t.Errorf("%q: %+v", m.args, r)
		}
	}
}

// After a watcher is killed at any moment, while the folder changes, the next one
// restores a correct state.
func TestKilledWatch(t *testing.T) {
	kills := 20
	if testing.Short() {
		kills = 4
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := newCLI(t)
	model := map[string]int{} // a file's number of chunks
	if err := os.Mkdir("notes", 0o755); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for k := range kills {
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), "FRONYDB_TEST_ARGS="+strings.Join([]string{"import", "notes", "--watch", "--chunk", "100", "-q"}, "\n"))
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		change(c, rng, model, k)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range rng.IntN(4) {
			time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
			change(c, rng, model, k)
		}
		time.Sleep(time.Duration(rng.IntN(600)) * time.Millisecond)
		_ = cmd.Process.Kill()
		if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); ok && exit.ExitCode() >= 0 {
			t.Fatalf("exit code %d\n%s", exit.ExitCode(), &errOut)
		}
	}
	c.imported(exitOK, "notes", "--prune", "--chunk", "100")
	var want []string
	for name, n := range model {
		for i := range n {
			if n == 1 {
				want = append(want, name)
			} else {
				want = append(want, fmt.Sprintf("%s#%d", name, i))
			}
		}
	}
	slices.Sort(want)
	if got := c.ids(); !slices.Equal(got, want) {
		t.Errorf("after %d kills:\n got %q\nwant %q", kills, got, want)
	}
}

// change writes or removes some files of the folder.
func change(c cli, rng *rand.Rand, model map[string]int, k int) {
	c.t.Helper()
	for range 1 + rng.IntN(12) {
		name := fmt.Sprintf("%d/%d.md", rng.IntN(3), rng.IntN(8))
		path := filepath.Join("notes", filepath.FromSlash(name))
		if rng.IntN(3) == 0 {
			_ = os.Remove(path)
			delete(model, name)
			continue
		}
		n := 1 + rng.IntN(6)
		c.write(path, guide(n, fmt.Sprint("판", k)))
		model[name] = n
	}
}
