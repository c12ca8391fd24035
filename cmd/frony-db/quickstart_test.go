package main

import (
	"os"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/term"
)

func TestQuickstart(t *testing.T) {
	c := newCLI(t)
	t.Setenv("COLUMNS", "80")
	first := c.run("", "quickstart", "-q")
	if first.code != exitOK || first.err != "" || !strings.Contains(first.out, "passages    340\n") || strings.Count(first.out, "\n   1  ") != 6 {
		t.Fatalf("%+v", first)
	}
	// A second run finds the passages, and the same answers.
	if again := c.run("", "quickstart", "-q"); again.untimed() != first.untimed() {
		t.Errorf("the second time:\n%s\nand the first:\n%s", again.out, first.out)
	}
	var r quickstartJSON
	c.json(&r, "quickstart")
	if r.Passages != 340 || r.Collection != quickstartCollection || len(r.Questions) != 6 {
		t.Errorf("%+v", r)
	}
	for _, q := range r.Questions {
		if len(q.Matches) != 3 || q.Matches[0].ID == "" || !strings.Contains(first.out, q.Matches[0].ID) {
			t.Errorf("%q: %+v", q.Question, q.Matches)
		}
	}
	// The text does not depend on the output, except for the width of tables.
	f, err := os.Create("out.txt")
	if err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"quickstart", "-q"}, strings.NewReader(""), f, os.Stderr); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if text := (result{out: c.read("out.txt")}); text.untimed() != (result{out: first.out}).untimed() || strings.Contains(text.out, "\x1b") {
		t.Errorf("in a file:\n%s", text.out)
	}
	t.Setenv("COLUMNS", "40")
	for line := range strings.Lines(c.ok("quickstart", "-q")) {
		if row := strings.HasPrefix(line, "   ") || strings.Contains(line, "──"); row && term.TextWidth(strings.TrimSpace(line)) > 40 {
			t.Errorf("wider than 40 columns: %s", line)
		}
	}
}
