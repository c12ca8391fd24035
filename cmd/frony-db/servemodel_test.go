//go:build unix

package main

import (
	"strings"
	"testing"
)

// A server uses the model of its database.
func TestServeFindsModel(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--model", testModel(t, "bert-mean-f32"), "--db", "./db")
	url, log, stop := serveFor(t, "--db", "./db")
	if out := c.ok("search", "화산", "--server", url); !strings.Contains(out, "화산") { // once it has loaded
		t.Errorf("search: %s", out)
	}
	if code := stop(); code != exitOK {
		t.Errorf("exit code %d: %s", code, log)
	}
}
