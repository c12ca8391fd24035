package main

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

// shellWord matches a word of a command line: quoted, or without spaces.
var shellWord = regexp.MustCompile(`'[^']*'|"[^"]*"|[^\s'"|>]+|[|>]+`)

// Every example in a verb's help is a valid command line.
func TestExamples(t *testing.T) {
	seen := 0
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			_, line, ok := strings.Cut(line, "frony-db ")
			if !ok || strings.Contains(line, "mcpServers") || c.Name() == "mcp" {
				continue
			}
			seen++
			var args []string
			for _, word := range shellWord.FindAllString(line, -1) {
				if strings.Trim(word, "|>&") == "" {
					break
				}
				args = append(args, strings.Trim(word, `'"`))
			}
			root := (&app{}).root() // flags keep what they were given
			verb, rest, err := root.Find(args)
			if err == nil {
				err = verb.ParseFlags(rest)
			}
			if err == nil {
				err = verb.ValidateArgs(verb.Flags().Args())
			}
			if err != nil || verb == root {
				t.Errorf("%s: example %q: %v", c.CommandPath(), line, err)
			}
		}
		for _, verb := range c.Commands() {
			visit(verb)
		}
	}
	visit((&app{}).root())
	if seen < 30 {
		t.Errorf("%d examples", seen)
	}
}

// A flag whose usage names the default does not name it twice.
func TestDefaultsOnce(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			one := pflag.NewFlagSet("", pflag.ContinueOnError)
			one.AddFlag(f)
			if usage := one.FlagUsages(); strings.Count(usage, "(default") > 1 {
				t.Errorf("%s --%s: %s", c.CommandPath(), f.Name, usage)
			}
		})
		for _, verb := range c.Commands() {
			visit(verb)
		}
	}
	visit((&app{}).root())
}

// brokenPipe accepts some bytes and no more.
type brokenPipe struct{ room int }

var errBroken = errors.New("nobody reads on")

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// Every verb fails if its output can't be written.
func TestOutputFails(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.ok("import", "-q", "docs.jsonl")
	for _, args := range [][]string{
		{"version"},
		{"version", "--json"},
		{"search", "x"},
		{"search", "x", "--json"},
		{"get", "ko"},
		{"get", "ko", "--json"},
		{"update", "ko", "--set", "a=1"},
		{"delete", "nobody"},
		{"collections"},
		{"stats"},
		{"export"},
		{"embed", "x"},
		{"doctor"},
		{"compact"},
		{"quickstart"},
		{"import", "docs.jsonl"},
		{"backup", "b.bak"},
		{"restore", "--verify", "b.bak"},
		{"--help"},
		{"completion", "bash"},
		{"model", "info"},
		{"collections", "drop", "quickstart"},
	} {
		var errOut strings.Builder
		if code := run(t.Context(), args, strings.NewReader(""), &brokenPipe{}, &errOut); code != exitError || !strings.Contains(errOut.String(), errBroken.Error()) {
			t.Errorf("%q: exit code %d\n%s", args, code, &errOut)
		}
	}
}

// Verbs that ask whether a setting was made accept it from every source.
func TestSettingsThatVerbsAskFor(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.ok("import", "-q", "docs.jsonl", "-c", "one")
	c.ok("import", "-q", "docs.jsonl", "-c", "two")
	t.Setenv("FRONYDB_COLLECTION", "two")
	if out := c.ok("doctor", "-q"); strings.Contains(out, "one") || !strings.Contains(out, "two") {
		t.Errorf("doctor: %s", out)
	}
	t.Setenv("FRONYDB_MIN_SCORE", "0.99")
	var found struct{ Matches []struct{ ID string } }
	if c.json(&found, "search", "김치찌개"); len(found.Matches) != 0 {
		t.Errorf("search: %+v", found)
	}
	// Except for a filter, which must not delete what was only meant to be searched.
	c.write("frony-db.yaml", "filter: year > 0\n")
	if r := c.run("", "delete"); r.code != exitUsage || len(c.ids("-c", "one")) != 3 {
		t.Errorf("delete by a setting: %+v", r)
	}
	if r := c.run("", "update", "--set", "a=1"); r.code != exitUsage {
		t.Errorf("update by a setting: %+v", r)
	}
	c.write("frony-db.yaml", "min-score: 0.0\n")
	t.Setenv("FRONYDB_COLLECTION", "three")
	if out := c.ok("quickstart", "-q"); !strings.Contains(out, "collection  three") {
		t.Errorf("quickstart: %.200s", out)
	}
	if out := c.ok("quickstart", "-q", "-c", "four"); !strings.Contains(out, "collection  four") {
		t.Errorf("quickstart: %.200s", out)
	}
}

func TestCompletion(t *testing.T) {
	c := newCLI(t)
	offered := func(args ...string) []string {
		t.Helper()
		out := c.ok(append([]string{"__complete"}, args...)...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		return lines[:len(lines)-1] // the last is a directive
	}
	if got := offered("search", "x", "-c", ""); len(got) != 0 {
		t.Errorf("without a database: %q", got)
	}
	c.write("docs.jsonl", threeDocs)
	c.ok("import", "-q", "docs.jsonl", "-c", "메모")
	c.ok("import", "-q", "docs.jsonl", "-c", "notes", "--db", "other")
	want := []string{"메모"}
	if got := offered("search", "x", "-c", ""); !slices.Equal(got, want) {
		t.Errorf("--collection: %q", got)
	}
	if got := offered("collections", "drop", ""); !slices.Equal(got, want) {
		t.Errorf("drop: %q", got)
	}
	if got := offered("search", "x", "--db", "other", "--collection", "n"); !slices.Equal(got, []string{"notes"}) {
		t.Errorf("--db: %q", got)
	}
	t.Setenv("FRONYDB_DB", "other")
	if got := offered("search", "x", "--collection", ""); !slices.Equal(got, []string{"notes"}) {
		t.Errorf("FRONYDB_DB: %q", got)
	}
	if got := offered("search", "x", "--mode", ""); !slices.Equal(got, []string{"dense", "lexical", "hybrid"}) {
		t.Errorf("--mode: %q", got)
	}
	// A completion must print no messages, and create no database.
	t.Setenv("FRONYDB_DB", "nowhere")
	if r := c.run("", "__complete", "stats", "-c", ""); strings.Contains(r.err, "nowhere") {
		t.Errorf("%+v", r)
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 15_700_000: "15 MiB", -1: "0 B"} {
		if got := term.Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if _, err := io.WriteString(&checkedWriter{w: &brokenPipe{room: 3}}, "abc"); err != nil {
		t.Error(err)
	}
}
