//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/db"
)

// Maintenance runs on a server that goes on serving.
func TestMaintenanceOnServer(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.ok("import", "-q", "docs.jsonl", "--db", "at/db", "-c", "notes")
	url, _, stop := serveFor(t, "--db", "at/db", "--backup-dir", "at/backups")
	on := func(args ...string) []string { return append(args, "--server", url) }
	awaitReady(t, url)

	if out := c.ok(on("backup", "full.bak", "--keep")...); !strings.Contains(out, "notes") || !strings.Contains(out, "sha256") {
		t.Error(out)
	}
	c.write("more.jsonl", `{"id":"late","text":"나중에 쓴 문서"}`+"\n")
	c.ok(on("import", "-q", "more.jsonl", "-c", "notes")...)
	c.ok(on("backup", "next.bak", "--base", "full.bak")...)
	if kept, err := filepath.Glob("at/backups/*"); err != nil || len(kept) != 1 {
		t.Error(kept, err)
	}
	if out := c.ok("restore", "--verify", "full.bak", "next.bak"); !strings.Contains(out, "sound") {
		t.Error(out)
	}
	if out := c.ok(on("restore", "next.bak", "full.bak", "-c", "notes", "--as", "again")...); !strings.Contains(out, "restored: again has 4 documents") {
		t.Error(out)
	}
	if out := c.ok(on("get", "late", "-c", "again")...); !strings.Contains(out, "나중에") {
		t.Error(out)
	}
	if left, err := filepath.Glob("at/backups/*"); err != nil || len(left) != 1 {
		t.Error(left, err)
	}
	if out := c.ok(on("compact")...); !strings.Contains(out, "store:") {
		t.Error(out)
	}
	var r db.DoctorReport
	c.json(&r, on("doctor", "--repair", "-c", "again")...)
	if !r.OK() || len(r.Collections) != 1 || r.Collections[0].Documents != 4 {
		t.Errorf("%+v", r)
	}
	if out := c.ok(on("reembed", "-c", "notes")...); !strings.Contains(out, "nothing was done") {
		t.Error(out)
	}
	out := c.ok(on("tasks")...)
	for _, kind := range []string{"backup", "restore", "compact", "doctor", "reembed"} {
		if !strings.Contains(out, kind) {
			t.Errorf("%s is not in\n%s", kind, out)
		}
	}
	id := strings.Fields(strings.Split(out, "\n")[2])[0]
	if out := c.ok(on("tasks", "cancel", id)...); !strings.Contains(out, "done") {
		t.Error(out)
	}
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{on("restore", "full.bak"), exitUsage, "--as"},
		{on("restore", "full.bak", "--as", "again", "-c", "notes"), exitError, "collection exists"},
		{on("restore", "full.bak", "--as", "x", "-c", "nothing"), exitError, "notes"},
		{on("restore", "docs.jsonl", "--as", "x"), exitError, "backup"},
		{on("doctor", "--accept-loss"), exitUsage, "--accept-loss"},
		{on("doctor", "-c", "nothing"), exitError, "nothing"},
		{on("reembed", "-c", "notes", "--model", "builtin"), exitUsage, "--model"},
		{on("reembed", "confirm", "-c", "notes"), exitError, "not being changed"},
		{on("tasks", "cancel", "x"), exitError, "no task"},
		{[]string{"tasks", "--db", "at/db"}, exitUsage, "--server"},
	} {
		if r := c.run("", test.args...); r.code != test.code || !strings.Contains(r.err, test.want) {
			t.Errorf("%q: %d %s", test.args, r.code, r.err)
		}
	}
	if code := stop(); code != exitOK {
		t.Errorf("serve: %d", code)
	}
	// A collection is added to a local database as well.
	if out := c.ok("restore", "full.bak", "--db", "at/db", "-c", "notes", "--as", "third"); !strings.Contains(out, "3 documents") {
		t.Error(out)
	}
	if out := c.ok("search", "화산", "--db", "at/db", "-c", "third", "-k", "1"); out == "" {
		t.Error("the restored collection is not searched")
	}
	if _, err := os.Stat("at/backups"); err != nil {
		t.Error(err)
	}
}

// A command that is interrupted cancels its task, also if it is just asking how far it is.
func TestInterruptedTask(t *testing.T) {
	newCLI(t)
	ctx, interrupt := context.WithCancel(t.Context())
	cancelled := make(chan string, 1)
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, `{"id":"abc","kind":"compact","state":"running"}`)
	}
	mux.HandleFunc("POST /v1/tasks", func(w http.ResponseWriter, _ *http.Request) { answer(w) })
	mux.HandleFunc("GET /v1/tasks/abc", func(_ http.ResponseWriter, r *http.Request) {
		interrupt()
		<-r.Context().Done()
	})
	mux.HandleFunc("POST /v1/tasks/{id}/cancel", func(w http.ResponseWriter, r *http.Request) {
		cancelled <- r.PathValue("id")
		answer(w)
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	code := run(ctx, []string{"compact", "--server", s.URL}, strings.NewReader(""), io.Discard, io.Discard)
	select {
	case id := <-cancelled:
		if id != "abc" || code == exitOK {
			t.Errorf("task %q, exit code %d", id, code)
		}
	default:
		t.Errorf("the task goes on, exit code %d", code)
	}
}

// After an upgrade the server answers by words, and changes the model while it serves.
func TestUpgradeWhileServing(t *testing.T) {
	c := newCLI(t)
	fillOlder(t, "at/db")
	url, _, stop := serveFor(t, "--db", "at/db")
	awaitReady(t, url)
	on := func(args ...string) []string { return append(args, "-c", "old", "--server", url) }
	if out := c.ok(on("search", "전입신고")...); !strings.Contains(out, "14일") {
		t.Error(out)
	}
	if out := c.ok("collections", "--server", url); !strings.Contains(out, "outdated") {
		t.Error(out)
	}
	if r := c.run("", on("search", "이사", "--mode", "dense")...); r.code != exitError || !strings.Contains(r.err, "frony-db reembed --server") {
		t.Errorf("%d %s", r.code, r.err)
	}
	if out := c.ok(on("reembed")...); !strings.Contains(out, "2 texts embedded") || !strings.Contains(out, "switched") {
		t.Error(out)
	}
	if out := c.ok(on("reembed", "status")...); !strings.Contains(out, "not confirmed") {
		t.Error(out)
	}
	c.ok(on("search", "이사하면 전입신고", "--mode", "dense")...)
	if out := c.ok(on("reembed", "rollback")...); !strings.Contains(out, "frony-db/builtin@0") {
		t.Error(out)
	}
	c.ok(on("reembed", "--sample", "0")...)
	if out := c.ok(on("reembed", "confirm")...); !strings.Contains(out, "confirmed: old has the model frony-db/builtin") {
		t.Error(out)
	}
	if code := stop(); code != exitOK {
		t.Errorf("serve: %d", code)
	}
}
