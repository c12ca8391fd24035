//go:build unix

package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fronyai/frony-db/api"
	"github.com/fronyai/frony-db/db"
)

// What a user got wrong is named by the flag that he wrote, be it a database in this process
// or a server that finds it.
func TestErrorsNameFlags(t *testing.T) {
	c := newCLI(t)
	c.write("docs.jsonl", threeDocs)
	c.imported(exitOK, "docs.jsonl", "--db", "at/db", "-c", "notes")
	goNames := map[string]bool{}
	for _, of := range []reflect.Type{
		reflect.TypeFor[db.Query](), reflect.TypeFor[db.Question](), reflect.TypeFor[db.Scan](), reflect.TypeFor[db.FacetQuery](), reflect.TypeFor[api.Query](),
	} {
		for f := range of.Fields() {
			goNames[f.Name] = true
		}
	}
	mistakes := []struct {
		args string
		says string // of the database and of the server
	}{
		{"search x --recall 2", "--recall"},
		{"search x --recall=-1", "--recall"},
		{"search x --ef-search -1", "--ef-search"},
		{"search x --ef-search 1000000", "--ef-search is 1000000"},
		{"search x --oversampling 1000000", "--oversampling is 1000000"},
		{"search x -k 1000000", "-k is 1000000"},
		{"search x -k 0", "-k 0: want 1 or more"},
		{"search x --offset -1", "--offset"},
		{"search x --offset 1000000", "--offset is 1000000"},
		{"search x --per-source -1", "--per-source"},
		{"search x --per-group 2", "--per-group needs a field to group by; set --group-by, or --per-source for sources"},
		{"search x --per-source 1 --group-by lang", "--per-source and --group-by are both set; set one, and --group-by to _source"},
		{"search x --group-by _id", "--group-by is _id"},
		{"search x --dense-weight 3", "--dense-weight"},
		{"search x --mode lexical --min-cosine 0.5", "--min-cosine needs embeddings"},
		{"search x --min-cosine 3", "--min-cosine"},
		{"search x --snippet -2", "--snippet"},
		{"search x --context 100", "--context"},
		{"search x --highlight --fields id", "--highlight needs texts to mark"},
		{"search x --also y --weights -1", "--weights has -1"},
		{"search x --mode dens", `--mode: invalid query: mode "dens"`},
		{"search x --fusion y", "--fusion"},
		{"search x --fields txt", "--fields"},
		{"search x --filter lang==1", "did you mean =?"},
		{"list --sort _id", "--sort has _id"},
		{"facets _id", "_id, which is another for each document"},
		{"facets lang --top -1", "--top"},
		{"facets lang --top 100000", "--top is 100000"},
	}
	said := func(args []string, where ...string) string {
		r := c.run("", append(append(args, "-c", "notes"), where...)...)
		if r.code != exitUsage && !strings.Contains(r.err, "at most") {
			t.Errorf("%q %q: exit code %d\n%s", args, where, r.code, r.err)
		}
		for word := range strings.FieldsSeq(r.err) {
			if goNames[strings.Trim(word, `.,:;[]()"`)] {
				t.Errorf("%q: %s is a name in Go: %s", args, word, r.err)
			}
		}
		for flag := range strings.FieldsSeq("ef_search per_source per_group group_by dense_weight min_cosine") {
			if strings.Contains(r.err, flag) {
				t.Errorf("%q: %s is a name in JSON: %s", args, flag, r.err)
			}
		}
		return r.err
	}
	for _, m := range mistakes {
		if got := said(strings.Fields(m.args), "--db", "at/db"); !strings.Contains(got, m.says) {
			t.Errorf("%s: %q is not in: %s", m.args, m.says, got)
		}
	}
	url, _, _ := serveFor(t, "--db", "at/db")
	for _, m := range mistakes {
		if got := said(strings.Fields(m.args), "--server", url); !strings.Contains(got, m.says) {
			t.Errorf("%s --server: %q is not in: %s", m.args, m.says, got)
		}
	}
}
