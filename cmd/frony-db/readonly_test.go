//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Several processes read one database at a time, servers among them, and a directory
// that can't be written to is read too.
func TestReadersTogether(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--db", "./db")
	reads := [][]string{
		{"search", "화산"}, {"get", "ko"}, {"stats"}, {"collections"}, {"export"}, {"search", "화산", "--mode", "lexical"},
	}
	alone := make([]string, len(reads))
	for i, args := range reads {
		alone[i] = c.run("", append(args, "--db", "./db")...).untimed()
	}
	abs, err := filepath.Abs("db")
	if err != nil {
		t.Fatal(err)
	}
	var servers []string
	for range 2 {
		url, _, _ := serveFor(t, "--db", abs, "--read-only")
		servers = append(servers, url)
	}
	for i, args := range reads {
		if got := c.run("", append(args, "--db", "./db")...).untimed(); got != alone[i] {
			t.Errorf("%q beside two servers:\n%s\nand alone:\n%s", args, got, alone[i])
		}
	}
	for _, url := range servers {
		if out := c.ok("search", "화산", "--server", url); !strings.Contains(out, "화산") {
			t.Error(out)
		}
		if r := c.run("", "delete", "ko", "--server", url); r.code == exitOK || !strings.Contains(r.err, "read only") {
			t.Errorf("delete at a server that only reads: %d %s", r.code, r.err)
		}
	}
	if r := c.run("", "delete", "ko", "--db", "./db"); r.code == exitOK || !strings.Contains(r.err, "locked") {
		t.Errorf("delete beside servers: %d %s", r.code, r.err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--db", "./db")
	mode := func(dir, file os.FileMode) {
		t.Helper()
		err := filepath.WalkDir("db", func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				return os.Chmod(path, dir)
			}
			return os.Chmod(path, file)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mode(0o500, 0o400)
	t.Cleanup(func() { mode(0o700, 0o600) })
	for _, args := range [][]string{{"search", "화산"}, {"get", "ko"}, {"stats"}, {"collections"}, {"export"}} {
		c.ok(append(args, "--db", "./db")...)
	}
	url, _, _ := serveFor(t, "--db", "./db", "--read-only")
	c.ok("search", "화산", "--server", url)
}
