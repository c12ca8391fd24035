//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fronyai/frony-db/cmd/frony-db/internal/transfer"
	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/embeddertest"
	"github.com/fronyai/frony-db/engine"
	"github.com/fronyai/frony-db/engine/enginetest"
)

// fillGenerated fills the collection notes of a directory with documents of all kinds.
func fillGenerated(t *testing.T, dir string, n int) {
	t.Helper()
	d, err := db.Open(dir, &db.Options{Embedder: embeddertest.New(64, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Collection(t.Context(), "notes", nil)
	if err != nil {
		t.Fatal(err)
	}
	docs := enginetest.Documents(n, 1)
	for i := range docs {
		if i%7 == 0 {
			docs[i].Expires = time.Now().Add(24 * time.Hour)
		}
	}
	if _, err := c.Upsert(t.Context(), docs...); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// whole is all that an export has.
func (c cli) whole(args ...string) string {
	c.t.Helper()
	return c.ok(append([]string{"export", "-q", "--embeddings"}, args...)...)
}

func (c cli) transferred(args ...string) (r transfer.Report) {
	c.t.Helper()
	var out struct{ Collections []transfer.Report }
	c.json(&out, append([]string{"copy"}, args...)...)
	if len(out.Collections) != 1 {
		c.t.Fatalf("%q: %+v", args, out)
	}
	return out.Collections[0]
}

// A copy through a directory and through a server has the same documents, byte for byte.
func TestTransfer(t *testing.T) {
	c := newCLI(t)
	fillGenerated(t, "a", 1500)
	want := c.whole("--db", "a", "-c", "notes")
	if r := c.transferred("--from", "a", "--to", "b", "--verify", "all"); r.Copied != 1500 || r.Compared != 1500 || r.Queries != 100 || r.Overlap < 0.95 {
		t.Errorf("%+v", r)
	}
	if got := c.whole("--db", "b", "-c", "notes"); got != want {
		t.Error("the copy differs")
	}
	// Again, there is nothing to do.
	if r := c.transferred("--from", "a", "--to", "b"); r.Copied != 0 || r.Unchanged != 1500 || r.Compared != 1000 {
		t.Errorf("again: %+v", r)
	}
	// A changed and a missing document are written again.
	c.ok("update", "d0003", "--db", "b", "-c", "notes", "--set", "a=changed")
	c.ok("delete", "d0007", "--db", "b", "-c", "notes")
	if r := c.transferred("--from", "a", "--to", "b", "-c", "notes"); r.Copied != 2 {
		t.Errorf("after changes: %+v", r)
	}
	if got := c.whole("--db", "b", "-c", "notes"); got != want {
		t.Error("the repaired copy differs")
	}
	for _, args := range [][]string{{"stats", "--json", "--db", "a", "-c", "notes"}} {
		var a, b db.Stats
		if err := json.Unmarshal([]byte(c.ok(args...)), &a); err != nil {
			t.Fatal(err)
		}
		c.json(&b, "stats", "--db", "b", "-c", "notes")
		if a.Model.Fingerprint() != b.Model.Fingerprint() || a.HeadDims != b.HeadDims || a.Codes != b.Codes {
			t.Errorf("%+v, want %+v", b, a)
		}
	}
	out := c.ok("copy", "--from", "a", "--to", "c", "-c", "notes", "--as", "others", "-q")
	if !strings.Contains(out, "notes as others: 1,500 documents, 1500 copied") || !strings.Contains(out, "verified: 1,000 documents compared, overlap@10") {
		t.Errorf("%s", out)
	}
}

// A server is a database like others, with a model of its own.
func TestTransferServer(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", mixedDocs)
	c.write("given.jsonl", `{"id":"a","text":"x","embedding":[1,0,0]}`+"\n"+`{"id":"b","embedding":[0.6,0.8,0]}`+"\n")
	c.ok("import", "-q", "docs.jsonl", "--db", "a", "-c", "notes")
	c.ok("import", "-q", "given.jsonl", "--db", "a", "-c", "given")
	fillGenerated(t, "other", 10)
	url, _, _ := serveFor(t, "--db", "served/db")
	if out := c.ok("copy", "--from", "a", "--to", url, "-q"); strings.Count(out, "verified") != 2 {
		t.Errorf("%s", out)
	}
	c.ok("copy", "--from", url, "--to", "b", "-q", "--verify", "all")
	for _, name := range []string{"notes", "given"} {
		if got, want := c.whole("--db", "b", "-c", name), c.whole("--db", "a", "-c", name); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	r := c.run("", "copy", "--from", "other", "--to", url, "--as", "foreign", "-c", "notes")
	if r.code != exitError || !strings.Contains(r.err, "model") || !strings.Contains(r.err, "fingerprint") {
		t.Errorf("a server with another model: %+v", r)
	}
	if out := c.ok("collections", "--server", url); strings.Contains(out, "foreign") {
		t.Errorf("the refused collection is there:\n%s", out)
	}
}

func TestTransferRefuses(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.write("more.jsonl", threeDocs+`{"id":"alien","text":"다른 글"}`+"\n")
	c.ok("import", "-q", "docs.jsonl", "--db", "a")
	c.ok("import", "-q", "more.jsonl", "--db", "b")
	fillGenerated(t, "c", 10)
	before := c.whole("--db", "b")
	for _, one := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--from", "a"}, exitUsage, "two databases"},
		{[]string{"--from", "a", "--to", "b", "x"}, exitUsage, "no arguments"},
		{[]string{"--from", "a", "--to", "./a"}, exitUsage, "collections copy"},
		{[]string{"--from", "a", "--to", "b", "--db", "c"}, exitUsage, "not with --db"},
		{[]string{"--from", "a", "--to", "b", "--as", "x"}, exitUsage, "--collection"},
		{[]string{"--from", "a", "--to", "b", "--verify", "some"}, exitUsage, "sample or all"},
		{[]string{"--from", "nowhere", "--to", "b"}, exitError, "--from nowhere"},
		{[]string{"--from", "a", "--to", "b", "-c", "nothing"}, exitError, "nothing"},
		{[]string{"--from", "a", "--to", "postgres://u:secret@127.0.0.1:1/x"}, exitError, "is PostgreSQL running"},
		{[]string{"--from", "a", "--to", "c", "-c", "default", "--as", "notes"}, exitError, "fingerprint"},
		{[]string{"--from", "a", "--to", "b"}, exitError, `"alien"`},
	} {
		r := c.run("", append([]string{"copy", "-q"}, one.args...)...)
		if r.code != one.code || !strings.Contains(r.err, one.says) || strings.Contains(r.err, "secret") {
			t.Errorf("%q: exit code %d, %s", one.args, r.code, r.err)
		}
	}
	if c.whole("--db", "b") != before {
		t.Error("a refused copy has changed something")
	}
	if out := c.ok("copy", "-q", "--from", "a", "--to", "b", "--merge"); !strings.Contains(out, "beside 1 document that were there") {
		t.Errorf("--merge: %s", out)
	}
	if c.whole("--db", "b") != before {
		t.Error("--merge has changed something")
	}
}

// A copy that is killed at any moment, any number of times, is completed by the same
// command.
func TestKilledTransfer(t *testing.T) { killTransfers(t, newCLI(t), "db", 8, func(string) {}) }

func killTransfers(t *testing.T, c cli, to string, kills int, fresh func(name string)) {
	t.Helper()
	const documents = 4000
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	fillGenerated(t, "a", documents)
	want := c.whole("--db", "a", "-c", "notes")
	began := time.Now()
	c.ok("copy", "-q", "--from", "a", "--to", "undisturbed")
	took := time.Since(began)
	if strings.Contains(to, "://") {
		took *= 4
	}
	name := "killed"
	var args []string
	killed := 0
	for try := 0; killed < kills; try++ {
		args = []string{"copy", "-q", "--from", "a", "--to", to, "-c", "notes", "--as", name}
		if runKilled(t, args, took/8+time.Duration(rng.Int64N(int64(took)))) {
			killed++
			continue
		}
		if killed > 0 {
			break
		}
		if try == 10 {
			t.Fatal("nothing was killed")
		}
		took /= 2 // the machine had other work when it was measured
		name = fmt.Sprint("killed-", try)
		fresh(name)
	}
	r := c.transferred(append(args[2:], "--verify", "all")...)
	t.Logf("%d kills; then %d were there, %d were copied", killed, r.Unchanged, r.Copied)
	if r.Unchanged+r.Copied != documents {
		t.Errorf("%+v", r)
	}
	c.ok("copy", "-q", "--from", to, "--to", "back", "-c", name)
	if got := c.whole("--db", "back", "-c", name); got != want {
		t.Error("the copy differs")
	}
}

// A directory, PostgreSQL and a directory again: the same, byte for byte.
func TestTransferEngine(t *testing.T) {
	url := os.Getenv("FRONYDB_TEST_POSTGRES")
	if url == "" {
		t.Skip("FRONYDB_TEST_POSTGRES has no URL of a PostgreSQL; make test-engines starts one")
	}
	c := newCLI(t)
	fillGenerated(t, "a", 1500)
	name := fmt.Sprintf("transfer-%d", os.Getpid())
	dropLater(t, url, name)
	dropLater(t, url, "killed")
	if r := c.transferred("--from", "a", "--to", url, "-c", "notes", "--as", name, "--verify", "all"); r.Copied != 1500 || r.Compared != 1500 || r.Overlap < 0.95 {
		t.Errorf("to PostgreSQL: %+v", r)
	}
	if r := c.transferred("--from", url, "--to", "b", "-c", name, "--as", "notes", "--verify", "all"); r.Copied != 1500 || r.Overlap < 0.95 {
		t.Errorf("and back: %+v", r)
	}
	if c.whole("--db", "b", "-c", "notes") != c.whole("--db", "a", "-c", "notes") {
		t.Error("the copy differs")
	}
	// What PostgreSQL cannot hold is named, and the rest is there.
	c.write("zero.jsonl", `{"id":"zero","text":"a\u0000b"}`+"\n"+threeDocs)
	c.ok("import", "-q", "zero.jsonl", "--db", "c")
	dropLater(t, url, "zero-"+name)
	r := c.run("", "copy", "-q", "--from", "c", "--to", url, "-c", "default", "--as", "zero-"+name)
	if r.code != exitError || !strings.Contains(r.err, `document "zero" was refused`) || !strings.Contains(r.out, "3 copied") {
		t.Errorf("a text that PostgreSQL refuses: %+v", r)
	}
	t.Chdir(t.TempDir())
	killTransfers(t, c, url, 4, func(name string) { dropLater(t, url, name) })
}

// dropLater drops a collection of an engine when the test ends.
func dropLater(t *testing.T, url, name string) {
	t.Helper()
	t.Cleanup(func() {
		ctx := context.Background() // the test's has ended
		d, err := engine.Open(ctx, url, nil)
		if err == nil {
			err = d.Drop(ctx, name)
			_ = d.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
}
