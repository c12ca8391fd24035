//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
)

// The strongest setting says whether a directory, an engine or a server is meant.
func TestChooseEngine(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.ok("import", "-q", "docs.jsonl", "--db", "a")
	const nowhere = "postgres://u:secret@127.0.0.1:1/x"
	for _, one := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"stats", "--engine", "folder"}, exitUsage, "for a directory use --db"},
		{[]string{"stats", "--engine", nowhere}, exitError, "is PostgreSQL running"},
		{[]string{"stats", "--engine", nowhere, "--db", "a"}, exitUsage, "exclude each other"},
		{[]string{"stats", "--engine", nowhere, "--server", "x"}, exitUsage, "exclude each other"},
		{[]string{"quickstart", "--engine", nowhere}, exitUsage, "needs a local database"},
		{[]string{"import", "docs", "--watch", "--engine", nowhere}, exitUsage, "need a local database"},
		{[]string{"embed", "화산", "--engine", "go"}, exitOK, `former="--engine go" new=--model-engine`},
	} {
		r := c.run("", one.args...)
		if r.code != one.code || !strings.Contains(r.err, one.says) || strings.Contains(r.err, "secret") {
			t.Errorf("%q: exit code %d, %s", one.args, r.code, r.err)
		}
	}
	t.Setenv("FRONYDB_ENGINE", nowhere)
	c.ok("stats", "--db", "a")
	if r := c.run("", "stats"); !strings.Contains(r.err, "is PostgreSQL running") {
		t.Errorf("by the variable: %+v", r)
	}
	t.Setenv("FRONYDB_DB", "a") // as in the container's image
	if r := c.run("", "stats"); !strings.Contains(r.err, "is PostgreSQL running") {
		t.Errorf("by the variables of engine and directory: %+v", r)
	}
	t.Setenv("FRONYDB_SERVER", "127.0.0.1:1")
	if r := c.run("", "stats"); r.code != exitUsage || !strings.Contains(r.err, "exclude each other") {
		t.Errorf("by two variables: %+v", r)
	}
}

// Commands print the same for a directory and for an engine.
func TestEngineAsLocal(t *testing.T) {
	url := os.Getenv("FRONYDB_TEST_POSTGRES")
	if url == "" {
		t.Skip("FRONYDB_TEST_POSTGRES has no URL of a PostgreSQL; make test-engines starts one")
	}
	c := newCLI(t)
	c.write("docs.jsonl", mixedDocs)
	c.write("bad.jsonl", `{"id":"bad"}`+"\n"+`{"id":"good","text":"좋은 글"}`+"\n")
	c.write("given.jsonl", `{"id":"a","text":"x","embedding":[1,0,0]}`+"\n"+`{"id":"b","embedding":[0.6,0.8,0]}`+"\n")
	c.write("guide.md", guide(5, "안내"))
	for _, name := range []string{"cli-notes", "cli-given", "cli-more", "cli-renamed"} {
		dropLater(t, url, name)
	}
	for _, args := range [][]string{
		{"import", "-q", "docs.jsonl", "-c", "cli-notes"},
		{"import", "-q", "given.jsonl", "-c", "cli-given"},
		{"import", "-q", "bad.jsonl", "-c", "cli-notes"},
		{"import", "-q", "docs.jsonl", "-c", "cli-notes"},
		{"import", "-q", "docs.jsonl", "-c", "cli-more"},
		{"import", "-q", "guide.md", "--chunk", "50", "-c", "cli-more"},
		{"search", "김치찌개 끓이기", "-c", "cli-notes"},
		{"search", "kimchi stew", "-c", "cli-notes", "-k", "2", "--filter", `lang = "en" OR year < 2020`},
		{"search", "화산", "-c", "cli-notes", "--mode", "lexical"},
		{"search", "화산", "-c", "cli-notes", "--snippet", "20"},
		{"search", "화산", "-c", "nowhere"},
		{"search", "x", "-c", "cli-given"},
		{"search", "x", "-c", "cli-given", "--mode", "lexical"},
		{"search", "--like", "ko", "-c", "cli-notes"},
		{"get", "types", "ko", "-c", "cli-notes"},
		{"get", "ko", "-c", "cli-notes", "--embedding"},
		{"get", "nobody", "ko", "-c", "cli-notes"},
		{"list", "-c", "cli-notes", "--sort", "-year,title", "-n", "3"},
		{"list", "-c", "cli-notes", "-n", "2"},
		{"facets", "lang", "year", "l", "t", "-c", "cli-notes"},
		{"facets", "lang", "langg", "-c", "cli-notes", "--search", "김치", "-k", "2"},
		{"fields", "-c", "cli-notes"},
		{"export", "-c", "cli-notes"},
		{"export", "-c", "cli-more", "--format", "csv", "--filter", "year > 1000"},
		{"export", "-c", "cli-given", "--embeddings", "-q"},
		{"update", "ko", "-c", "cli-notes", "--set", "a=1"},
		{"update", "nobody", "-c", "cli-notes", "--set", "a=1"},
		{"delete", "en", "-c", "cli-notes"},
		{"delete", "--filter", `lang = "fr"`, "-c", "cli-notes"},
		{"export", "-c", "cli-notes", "--embeddings", "-q"},
		{"collections", "copy", "cli-notes", "cli-copy"},
		{"collections", "rename", "cli-copy", "cli-renamed"},
		{"collections", "alias", "cli-live", "cli-renamed"},
		{"collections", "drop", "cli-renamed"},
		{"search", "화산", "-c", "cli-live"},
		{"search", "화산", "-c", "cli-notes,cli-m*,cli-live", "--mode", "lexical"},
		{"search", "화산", "-c", "cli-notes,cli-given"},
		{"export", "-c", "cli-live", "--embeddings", "-q"},
		{"collections", "alias", "--drop", "cli-live"},
		{"collections", "alias", "--drop", "cli-live"},
		{"collections", "drop", "nowhere"},
	} {
		there, here := c.run("", append(args, "--engine", url)...), c.run("", append(args, "--db", "db")...)
		if got, want := engineless(there), engineless(here); got != want {
			t.Errorf("%q with the engine:\n%s\nand with the directory:\n%s", args, got, want)
		}
	}
	if out := c.ok("stats", "-c", "cli-notes", "--engine", url); !strings.Contains(out, "documents") {
		t.Errorf("%s", out)
	}
	if out := c.ok("collections", "--engine", url); !strings.Contains(out, "cli-given") {
		t.Errorf("%s", out)
	}
	for op, instead := range map[string]string{"doctor": "pg_amcheck", "compact": "autovacuum", "backup x": "pg_dump", "restore x": "pg_restore", "reembed status": "create a collection", "reembed": "create a collection"} {
		if r := c.run("", append(strings.Fields(op), "--engine", url)...); r.code != exitError || !strings.Contains(r.err, instead) {
			t.Errorf("%s: %+v", op, r)
		}
	}
}

// engineless is a result without what engines do in ways of their own, such as the plan of
// a search, and without the other collections that there are.
func engineless(r result) string {
	out := r.untimed()
	for _, cut := range []string{" results in ", " result in ", "choose one with --collection", "; the database has no collections"} {
		if i := strings.Index(out, cut); i >= 0 {
			out = out[:i]
		}
	}
	return out
}
